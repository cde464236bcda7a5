import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { apiProxy } from '../integration/api-proxy.ts';
import { ownNamespace } from '../integration/canary-lab.ts';
import { type Done, exampleManifests, type Running, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';
import { pushRegional } from '../integration/regional.ts';

const namespace = 'slipway-test-baseline';
const nodePort = 30498;
const host = 'baseline.slipway.test';

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary beside fresh pods of the old release', lab => {
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const urls = { service: `http://${lab.cluster.nodeAddress}:${nodePort}/`, gateway: `http://${lab.cluster.gateway}/` };
  let proxy: Awaited<ReturnType<typeof apiProxy>>;
  let images: Record<'v1' | 'v2' | 'ill', string>;
  let manifests: Record<string, string>;
  let users: ReturnType<typeof userTraffic> | undefined;

  const begin = (router: keyof typeof urls, inputs: Record<string, string>): Running =>
    start(
      proxy.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        baseline: 'fresh',
        router,
        probes: `- url: ${urls[router]}\n  headers: {host: ${host}}\n  status: 200`,
        steps: '25,100',
        'step-duration': '4s',
        'probe-rate': '30',
        tolerance: '0.05',
        ...inputs,
      },
      manifests,
    );
  const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  const left = () => kubectl(['get', 'deployments,services', '-o', 'name']);
  const untouched = 'deployment.apps/hello\nservice/hello';
  const routeNow = async () => JSON.parse(await kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec}']));
  const imageOf = (deployment: string) =>
    kubectl(['get', 'deployment', deployment, '-o', 'jsonpath={.spec.replicas} {..containers[0].image}']);
  /** Pods behind the workload's Service, by whose they are. */
  const behind = async () => {
    const pods = JSON.parse(await kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'json'])).items;
    return pods
      .map((pod: { metadata: { labels: Record<string, string> } }) => pod.metadata.labels['slipway/track'] ?? 'stable')
      .sort();
  };

  beforeAll(async () => {
    proxy = await apiProxy(lab.cluster.kubeconfig);
    images = await pushRegional(lab, { v1: [], v2: [], ill: ['ERRORS==0.4'] });
    const texts = await exampleManifests(nodePort, host);
    manifests = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${name}.yaml`, text]));
    await fresh();
    const first = await begin('service', { image: images.v1, 'step-duration': '1s' }).done;
    good(first);
    expect(first.log).not.toContain('hello-baseline'); // there is no old release yet
  }, 180_000);

  afterEach(async () => void (await users?.stop()));
  afterAll(async () => {
    await proxy.close();
    await end();
  });

  test('a plan names the pods, and a quota counts them with what the old release asks for', async () => {
    const plan = () => begin('service', { mode: 'plan', image: images.v2 }).done;
    const planned = await plan();
    good(planned);
    expect(planned.log).toContain('Deployment/hello-canary, Deployment/hello-baseline (deleted at the end)');
    expect(planned.log).toContain('1 of 4 pods, 25.0 %, beside 1 fresh one of the old release');
    expect(planned.log).toContain('3 more pods at the busiest moment'); // new, fresh old, and the surge of the promotion
    await kubectl(['create', 'quota', 'tight', '--hard=pods=4']);
    const { code, log } = await plan();
    await kubectl(['delete', 'quota', 'tight']);
    expect([code, log.includes('[QUOTA_EXCEEDED]')]).toEqual([1, true]);
    expect(log).toContain('pods has 2 of 4 in use, and 3 more are needed');
    expect(await left()).toBe(untouched);
  }, 60_000);

  test('behind a plain Service they count as old pods, the share is exact, and they go with the canary', async () => {
    users = userTraffic(urls.service, undefined, 20);
    const running = begin('service', { image: images.v2, steps: '0,25,100', 'step-duration': '3s' });
    await running.says('0 %: watching');
    expect(await behind()).toEqual(['stable', 'stable']); // no user reaches them before the canary
    await running.says('25 %: watching');
    expect(await behind()).toEqual(['baseline', 'canary', 'stable', 'stable']);
    expect(await imageOf('hello-baseline')).toBe(`1 ${images.v1}`);
    const done = await running.done;
    const seen = await users.stop();
    good(done);
    expect(done.deployment!.evidence.steps[1].share).toBe('1 of 4 pods, 25.0 %, beside 1 fresh one of the old release');
    expect(done.log).toContain('the new pods are compared with fresh ones of the old release');
    expect([seen.failed, [...seen.versions.keys()].sort()]).toEqual([[], ['v1', 'v2']]);
    expect([await left(), await behind()]).toEqual([untouched, ['stable', 'stable']]);
  }, 120_000);

  test('behind a Gateway they have a weight as the canary’s; killed in the step, status names them and resume keeps them', async () => {
    const before = await routeNow();
    users = userTraffic(urls.gateway, host, 20);
    const killed = begin('gateway', { image: images.v1, 'step-duration': '2m' });
    await killed.says('hello=50 hello-canary=25 hello-baseline=25');
    await killed.says('25 %: watching');
    killed.signal('SIGKILL');
    await killed.done;
    const status = await begin('gateway', { mode: 'status' }).done;
    expect(status.log).toContain(
      'compared with fresh pods of the old release, Deployment/hello-baseline: 1 pods available',
    );
    const pod = () =>
      kubectl(['get', 'pods', '-l', 'slipway/track=baseline', '-o', 'jsonpath={.items[*].metadata.name}']);
    const name = await pod();
    const resumed = begin('gateway', { mode: 'resume', image: images.v1 });
    await resumed.says('25 %: watching');
    expect([await pod(), name]).toEqual([name, expect.stringMatching(/^hello-baseline-\S+$/)]);
    const done = await resumed.done;
    const seen = await users.stop();
    good(done);
    expect([done.outputs['state'], seen.failed, await left()]).toEqual(['healthy', [], untouched]);
    expect(await routeNow()).toEqual(before);
  }, 120_000);

  test('old pods that have grown old hide a bad release, fresh ones show it', async () => {
    const pods = await kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[*].metadata.name}']);
    for (const pod of pods.split(' '))
      await kubectl(['get', '--raw', `/api/v1/namespaces/${namespace}/pods/${pod}:8080/proxy/grow-old?errors=0.4`]);
    const shown = await begin('service', { image: images.ill, 'step-duration': '10s' }).done;
    expect(shown.log).toContain('[CANARY_WORSE]');
    expect([shown.code, shown.outputs['state'], await left()]).toEqual([1, 'rolled-back', untouched]);
    // compared with the old ones it is as good as they are, and is promoted
    const hidden = await begin('service', { image: images.ill, baseline: 'stable', 'step-duration': '2s' }).done;
    good(hidden);
    expect([hidden.outputs['state'], await left()]).toEqual(['healthy', untouched]);
  }, 120_000);

  test('killed while they are made, abort leaves nothing of them', async () => {
    const before = await routeNow();
    let made = false;
    const running = begin('gateway', { image: images.v2 });
    proxy.watch(({ label }, _, when) => {
      if (!made && when === 'after' && label.startsWith('PATCH deployments/hello-baseline')) {
        made = true;
        running.signal('SIGKILL');
      }
      return made ? 'cut' : 'pass';
    });
    await running.done;
    proxy.watch();
    expect((await left()).split('\n')).toEqual(
      expect.arrayContaining(['deployment.apps/hello-baseline', 'deployment.apps/hello-canary']),
    );
    const { code, log, outputs } = await begin('gateway', { mode: 'abort' }).done;
    expect([code, code === 0 ? '' : log, outputs['state']]).toEqual([0, '', 'rolled-back']);
    expect(log).toContain('0 pods of hello-canary; 0 pods of hello-baseline');
    expect([await left(), await routeNow()]).toEqual([untouched, before]);
  }, 60_000);
});
