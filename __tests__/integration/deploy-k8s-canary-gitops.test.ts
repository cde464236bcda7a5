import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { type Done, exampleManifests, type Running, start, userTraffic } from './deploy-k8s-canary.ts';
import { expectSoon, git, makeOrigin, startFollower } from './gitops.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-k8s-gitops';
const host = 'gitops.slipway.test';

const kustomization = (repository: string, digest: string) => `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: ${namespace}
resources: [deployment.yaml, service.yaml, gateway.yaml, httproute.yaml]
images:
  - name: registry.example/hello # the name in deployment.yaml
    newName: ${repository}
    digest: ${digest} # set by a release
labels: # as Flux sets them
  - pairs:
      kustomize.toolkit.fluxcd.io/name: hello
      kustomize.toolkit.fluxcd.io/namespace: flux-system
`;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary where git is followed', lab => {
  const url = `http://${lab.cluster.gateway}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<'v1' | 'v2' | 'v3' | 'errors', string>;
  let repository: Awaited<ReturnType<typeof makeOrigin>>;
  let follower: ReturnType<typeof startFollower>;

  const begin = (directory: string, inputs: Record<string, string>): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        'working-directory': directory,
        namespace,
        mode: 'render',
        push: 'true',
        manifests: '*.yaml',
        workload: 'deployment/hello',
        router: 'gateway',
        probes: `- url: ${url}\n  headers: {host: ${host}}\n  status: 200`,
        'step-duration': '3s',
        'probe-rate': '150',
        tolerance: '0.05',
        beta: '0.1',
        steps: '50,100',
        'sync-timeout': '30s',
        ...inputs,
      },
      {},
    );
  const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  const runs = () =>
    kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template.spec.containers[0].image}']);
  const weights = () => kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec.rules[0].backendRefs[*].weight}']);
  const left = () => kubectl(['get', 'deployments,services', '-o', 'name']);
  /** Subjects of the commits at the remote since one, oldest first. */
  const since = async (directory: string, commit: string) => {
    await git(directory, 'fetch', '--quiet', 'origin', 'main');
    return (await git(directory, 'log', '--reverse', '--format=%s', `${commit}..FETCH_HEAD`)).split('\n');
  };
  /** The last commit of this subject as its plan is to have shown it. */
  const asPlanned = async (directory: string, subject: string) => {
    const commit = await git(directory, 'log', '-1', '--fixed-strings', `--grep=${subject}`, '--format=%h');
    const lines = (await git(directory, 'show', '--unified=0', '--format=commit    %s', commit)).split('\n');
    const [first, ...diff] = lines.filter(line => line !== '' && !/^(diff|index) /.test(line));
    return [first, ...diff.map(line => `              ${line.replace(/^(@@.*@@).*/, '$1')}`)].join('\n');
  };
  const head = (directory: string) => git(directory, 'rev-parse', 'HEAD');

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], v3: ['v3'], errors: ['v2', 'HELLO_ERROR_RATE=0.2'] });
    const { deployment, service, gateway, httproute } = await exampleManifests(30192, host);
    const [name, digest] = images.v1.split('@') as [string, string];
    repository = await makeOrigin({
      'kustomization.yaml': kustomization(name, digest),
      'deployment.yaml': deployment.replace('replicas: 2', 'replicas: 1'),
      'service.yaml': service,
      'gateway.yaml': gateway,
      'httproute.yaml': httproute,
    });
    await fresh();
    follower = startFollower(kubectl, await repository.clone());
    await expectSoon(runs, images.v1);
    await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=60s']);
  }, 180_000);

  afterAll(async () => {
    await follower?.stop();
    await repository?.end();
    await end();
  }, 60_000);

  test('what Flux owns is not written to: the error names the owner and `mode: render`', async () => {
    const { code, log } = await begin(repository.folder, { mode: 'deploy', manifests: '', image: images.v2 }).done;
    expect(log).toContain('Deployment/hello is owned by Flux Kustomization flux-system/hello');
    expect(log).toContain('[OBJECT_OWNED]');
    expect(log).toContain('mode: render');
    expect(code).toBe(1);
    expect([await runs(), await left()]).toEqual([images.v1, 'deployment.apps/hello\nservice/hello']);
    expect(await kubectl(['get', 'configmaps,leases', '-o', 'name'])).not.toContain('hello');
  }, 30_000);

  test('a canary through git: a commit a step, on top of what others push, and nothing is left but the digest', async () => {
    const [mine, other] = [await repository.clone(), await repository.clone()];
    const before = await head(mine);
    const detached = await repository.clone();
    await git(detached, 'checkout', '--quiet', '--detach');
    const planned = await begin(detached, { mode: 'plan', image: images.v2 }).done;
    good(planned);
    expect(planned.log).toContain('owned by Flux Kustomization flux-system/hello');
    expect(planned.log).toMatch(/commit +deploy hello \S+: 100 %, hello=0 hello-canary=100/);
    expect(planned.log).toContain('weights as before, httproute.yaml byte for byte');
    expect([await runs(), await weights(), await left()]).toEqual([
      images.v1,
      '100',
      'deployment.apps/hello\nservice/hello',
    ]);
    expect([await head(detached), await git(detached, 'status', '--porcelain')]).toEqual([before, '']);
    const users = userTraffic(url, host, 20);
    const running = begin(mine, { image: images.v2 });
    await running.says('50 %: watching');
    expect(await weights()).toBe('50 50');
    await git(other, 'pull', '--quiet');
    await repository.publish(other, { NOTES: 'from somebody else' }, 'notes');
    const done = await running.done;
    good(done);
    const seen = await users.stop();
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true', previous: images.v1 });
    expect(seen.failed).toEqual([]);
    const version = images.v2.split('@')[1]!.slice(0, 19);
    const steps = ['50 %', '100 %', 'the image', 'weights as before'].map(step => `deploy hello ${version}: ${step}`);
    expect(await since(mine, before)).toEqual([steps[0], 'notes', ...steps.slice(1)]);
    expect(await git(mine, 'log', '--format=%b', `${before}..HEAD`)).toContain(`Image: ${images.v2}\nStep: 50 %`);
    for (const step of ['50 %', 'the image'])
      expect(planned.log).toContain(await asPlanned(mine, `deploy hello ${version}: ${step}`));
    // the digest, and nothing else
    const patch = await git(mine, 'diff', '--unified=0', before, 'HEAD', '--', '*.yaml');
    expect(patch.split('\n').filter(line => /^[-+] /.test(line))).toEqual([
      `-    digest: ${images.v1.split('@')[1]} # set by a release`,
      `+    digest: ${images.v2.split('@')[1]} # set by a release`,
    ]);
    expect([await runs(), await weights(), await left()]).toEqual([
      images.v2,
      '100',
      'deployment.apps/hello\nservice/hello',
    ]);

    const again = await begin(mine, { image: images.v2 }).done;
    good(again);
    expect(again.outputs).toMatchObject({ state: 'unchanged', changed: 'false' });
    expect(await since(mine, await head(mine))).toEqual(['']);
  }, 120_000);

  test('mode: rollback commits the former digest', async () => {
    const mine = await repository.clone();
    const done = await begin(mine, { mode: 'rollback' }).done;
    good(done);
    expect(done.outputs).toMatchObject({ state: 'rolled-back', changed: 'true' });
    expect(await git(mine, 'log', '-1', '--format=%s')).toContain(`back to ${images.v1.split('@')[1]!.slice(0, 19)}`);
    expect(await runs()).toBe(images.v1);
  }, 60_000);

  test('a release with errors: the same bytes as before are committed again', async () => {
    const mine = await repository.clone();
    const before = await head(mine);
    const { code, log, outputs } = await begin(mine, { image: images.errors }).done;
    expect(log).toContain('[CANARY_WORSE]');
    expect([code, outputs['state'], outputs['previous']]).toEqual([1, 'rolled-back', images.v1]);
    const version = images.errors.split('@')[1]!.slice(0, 19);
    expect(await since(mine, before)).toEqual([
      `deploy hello ${version}: 50 %`,
      `deploy hello ${version}: weights as before`,
    ]);
    expect(await git(mine, 'diff', before, 'FETCH_HEAD')).toBe('');
    expect([await runs(), await weights(), await left()]).toEqual([
      images.v1,
      '100',
      'deployment.apps/hello\nservice/hello',
    ]);
  }, 90_000);

  test('held for want of evidence, then taken back by a job that has only the last commit', async () => {
    const mine = await repository.clone();
    const before = await head(mine);
    const held = await begin(mine, {
      image: images.v3,
      'probe-rate': '1',
      'step-duration': '1s',
      'on-inconclusive': 'hold',
    }).done;
    expect(held.outputs['state']).toBe('inconclusive');
    expect(await weights()).toBe('50 50');
    const shallow = await repository.clone('--depth=1');
    const nowhere = await begin(shallow, { mode: 'abort', manifests: '', push: 'false' }).done;
    expect(nowhere.log).toContain('[RENDER_NEEDED]');
    const onTop = await begin(shallow, { image: images.v2, push: 'false' }).done;
    expect(onTop.log).toMatch(
      /is unfinished: inconclusive at 50 %[\s\S]*\[UNFINISHED\]|\[UNFINISHED\].*is unfinished: inconclusive at 50 %/,
    );
    const planned = await begin(shallow, { mode: 'plan', image: images.v2 }).done;
    expect(planned.log).toContain('left them at 50 %, which is ended first');
    const aborted = await begin(shallow, { mode: 'abort' }).done;
    good(aborted);
    expect(aborted.outputs['state']).toBe('rolled-back');
    await git(mine, 'fetch', '--quiet', 'origin', 'main');
    expect(await git(mine, 'diff', before, 'FETCH_HEAD')).toBe('');
    expect([await runs(), await weights(), await left()]).toEqual([
      images.v1,
      '100',
      'deployment.apps/hello\nservice/hello',
    ]);
  }, 90_000);

  test('without push: one commit that is ready, and after it was merged a run that waits for the cluster', async () => {
    const mine = await repository.clone();
    const before = await head(mine);
    const planned = await begin(mine, { mode: 'plan', image: images.v3, push: 'false' }).done;
    expect([planned.code, planned.outputs['state'], await head(mine)]).toEqual([0, 'progressing', before]);
    const made = await begin(mine, { image: images.v3, push: 'false' }).done;
    good(made);
    expect(made.outputs).toMatchObject({ state: 'progressing', changed: 'false' });
    expect(await since(mine, before)).toEqual(['']);
    expect(await git(mine, 'log', '--format=%s', `${before}..HEAD`)).toMatch(/^deploy hello \S+: the image$/);
    expect(planned.log).toContain(await asPlanned(mine, 'deploy hello'));
    expect(planned.log).not.toMatch(/commit +deploy hello \S+: \d+ %/);
    follower.pause();
    await git(mine, 'push', '--quiet', 'origin', 'HEAD:main');
    const late = await begin(mine, { image: images.v3, push: 'false', 'sync-timeout': '1s' }).done;
    expect(late.log).toContain('[NOT_FOLLOWED]');
    const waiting = begin(mine, { image: images.v3, push: 'false' });
    await waiting.says('waiting for the cluster to follow');
    follower.go();
    const waited = await waiting.done;
    good(waited);
    expect(waited.outputs['state']).toBe('healthy');
    expect(await runs()).toBe(images.v3);
  }, 90_000);

  test('bad input ends before any write, to git or to the cluster', async () => {
    const mine = await repository.clone();
    await writeFile(join(repository.folder, 'outside.yaml'), 'a: 1\n');
    await symlink('../outside.yaml', join(mine, 'link.yaml'));
    await writeFile(join(mine, 'gateway.yaml'), '# mine\n');
    const before = await head(mine);
    const refused = async (code: string, inputs: Record<string, string>) => {
      const done = await begin(mine, { image: images.v1, ...inputs }).done;
      expect([done.code, done.log]).toEqual([1, expect.stringContaining(`[${code}]`)]);
    };
    await Promise.all([
      refused('RENDER_OUTSIDE', { manifests: 'link.yaml' }),
      refused('RENDER_DIRTY', { manifests: 'gateway.yaml' }),
      refused('RENDER_NO_IMAGE', { manifests: 'service.yaml' }),
      refused('RENDER_NO_ROUTE', { manifests: 'kustomization.yaml' }),
      refused('DIGEST_MISSING', { manifests: 'kustomization.yaml', image: `${images.v1.split('@')[0]}:v1` }),
    ]);
    expect([await head(mine), await runs()]).toEqual([before, images.v3]);
    expect(await git(mine, 'status', '--porcelain', '--untracked-files=no')).toBe('M gateway.yaml');
  }, 60_000);

  test('what another operator owns, or Flagger rolls out, is not written to in any mode', async () => {
    const mine = await repository.clone();
    const refused = async (says: string) => {
      const { code, log } = await begin(mine, { image: images.v1 }).done;
      expect([code, log]).toEqual([1, expect.stringContaining(`Deployment/hello is owned by ${says}`)]);
      expect(log).toContain('[OBJECT_OWNED]');
    };
    const uid = await kubectl(['get', 'service', 'hello', '-o', 'jsonpath={.metadata.uid}']);
    const owners = (list: object[]) =>
      kubectl(['patch', 'deployment', 'hello', '-p', JSON.stringify({ metadata: { ownerReferences: list } })]);
    await owners([{ apiVersion: 'v1', kind: 'Service', name: 'hello', uid, controller: true }]);
    await refused('Service/hello (its controlling ownerReference)');
    await owners([{ $patch: 'delete', uid }]);
    try {
      await kubectl(['apply', '-f', '-'], JSON.stringify(flagger));
      await kubectl(['wait', '--for=condition=Established', 'crd/canaries.flagger.app', '--timeout=20s']);
      await kubectl(['apply', '-f', '-'], JSON.stringify(canary));
      await refused('Flagger (Canary/shop, its targetRef)');
    } finally {
      await kubectl(['delete', 'crd', 'canaries.flagger.app', '--ignore-not-found']);
    }
  }, 60_000);
});

/** As much of Flagger’s own as says that it rolls a Deployment out. */
const flagger = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'canaries.flagger.app' },
  spec: {
    group: 'flagger.app',
    scope: 'Namespaced',
    names: { kind: 'Canary', plural: 'canaries', singular: 'canary' },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
};
const canary = {
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'shop' },
  spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello' } },
};

/** What a command answers in the end. */
