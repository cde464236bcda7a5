import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { exampleManifests, get, start } from './deploy-k8s-canary.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-workloads';
const nodePort = 30501;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary: more than the Deployment', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<'v1' | 'v2', string>;

  const version = async () => JSON.parse((await get(url)).body).version;

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'] });
    await fresh();
  }, 180_000);

  afterAll(end);

  describe('Jobs before the first step', () => {
    let manifests: Record<string, string>;

    /** @param more of its container */
    const job = (name: string, more: object, pod: object = {}) =>
      JSON.stringify({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name },
        spec: {
          backoffLimit: 0,
          template: {
            spec: {
              restartPolicy: 'Never',
              automountServiceAccountToken: false,
              containers: [{ name: 'migrate', image: 'registry.example/hello:v1', ...more }],
              ...pod,
            },
          },
        },
      });
    const secret = { secretKeyRef: { name: 'hello-db', key: 'rate' } };
    const failing = job('migrate', { env: [{ name: 'HELLO_ERROR_RATE', valueFrom: secret }] });
    const gated = { schedulingGates: [{ name: 'slipway.test/gate' }] };
    const begin = (image: string, jobs: Record<string, string>, inputs: Record<string, string> = {}) =>
      start(
        lab.cluster.kubeconfig,
        {
          namespace,
          manifests: 'deployment.yaml\n*.json', // a glob may match the Jobs, too
          workload: 'deployment/hello',
          image,
          strategy: 'rolling',
          before: Object.keys(jobs).join('\n'),
          ...inputs,
        },
        { ...manifests, ...jobs },
      );
    const jobsThere = async () => JSON.parse(await kubectl(['get', 'jobs', '-o', 'json'])).items;
    /** Names without what makes them unique. */
    const names = async () =>
      (await jobsThere()).map((one: { metadata: { name: string } }) => one.metadata.name.slice(0, -11));
    const clean = () => kubectl(['delete', 'jobs', '--all', '--wait=true']);
    const podsOf = async (image: string) =>
      JSON.parse(await kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'json'])).items.filter(
        (pod: { spec: { containers: { image: string }[] } }) => pod.spec.containers[0]!.image === image,
      );
    /** @param rights `RESOURCE.GROUP/SUBRESOURCE=VERB,…` */
    const kubeconfigOf = async (name: string, rights: readonly string[]) => {
      const rules = rights.map(right => {
        const [what = '', verbs = ''] = right.split('=');
        const [path = '', sub] = what.split('/');
        const [resource = '', ...group] = path.split('.');
        const resources = [sub === undefined ? resource : `${resource}/${sub}`];
        return { apiGroups: [group.join('.')], resources, verbs: verbs.split(',') };
      });
      const api = 'rbac.authorization.k8s.io';
      const made = [
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name } },
        { apiVersion: `${api}/v1`, kind: 'Role', metadata: { name }, rules },
        {
          apiVersion: `${api}/v1`,
          kind: 'RoleBinding',
          metadata: { name },
          roleRef: { apiGroup: api, kind: 'Role', name },
          subjects: [{ kind: 'ServiceAccount', name, namespace }],
        },
      ];
      await kubectl(['apply', '-f', '-'], made.map(one => JSON.stringify(one)).join('\n---\n'));
      const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
      config.users[0].user = { token: await kubectl(['create', 'token', name]) };
      return JSON.stringify(config);
    };
    /** As after the time for which a run that is dead still has it. */
    const loseLease = () => kubectl(['delete', 'lease', 'slipway-hello']);

    beforeAll(async () => {
      const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
      manifests = {
        'deployment.yaml': deployment.replace('replicas: 2', 'replicas: 1').replace('value: 3s', 'value: 1s'),
      };
      await kubectl(
        ['apply', '--server-side', '--field-manager=slipway', '-f', '-'],
        `${manifests['deployment.yaml']!.replace('registry.example/hello:v1', images.v1)}\n---\n${service}`,
      );
      await kubectl(['create', 'secret', 'generic', 'hello-db', '--from-literal=rate=pass-4711-word']);
      await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=90s']);
    }, 120_000);

    test('one that fails stops the release: container, exit code, last lines without secrets; the old release serves', async () => {
      const { code, log, outputs, summary } = await begin(images.v2, { 'migrate.json': failing }).done;
      expect([code, outputs['state'], log.includes('[JOB_FAILED]')]).toEqual([1, 'rolled-back', true]);
      expect(log).toMatch(/Job\/migrate-[0-9a-f]{10}: container migrate of pod \S+ ended with exit code 1 \(Error\)/);
      expect(log).toContain('was not begun');
      expect(log).toContain('migrate: hello: configuration:');
      expect(log).toMatch(/log migrate: .*HELLO_ERROR_RATE.*\*\*\*/);
      expect(log + summary).not.toContain('pass-4711-word');
      expect(await podsOf(images.v2)).toEqual([]);
      expect(await version()).toBe('v1');
      const [kept] = await jobsThere();
      expect([kept.spec.ttlSecondsAfterFinished, kept.status.failed]).toEqual([86_400, 1]);
      await clean();
    }, 60_000);

    test('with exactly the rights of the README; where its Secret may not be read, nothing of its log is shown', async () => {
      const rights = [
        'deployments.apps=get,list,watch,patch,create,delete',
        'replicasets.apps=list',
        'pods=list,watch',
        'configmaps=get,create,patch',
        'leases.coordination.k8s.io=get,create,update',
        'jobs.batch=get,create,patch',
        'pods/log=get',
      ];
      const kubeconfig = await kubeconfigOf('without-secrets', rights);
      const { code, log } = await begin(images.v2, { 'migrate.json': failing }, { kubeconfig }).done;
      expect([code, log.includes('[JOB_FAILED]')]).toEqual([1, true]);
      expect(log).toContain('its log is not shown: Secret/hello-db may not be read');
      expect(log).toContain('ended with exit code 1');
      expect(log).not.toContain('HELLO_ERROR_RATE');
      await clean();
      const less = await kubeconfigOf('without-jobs', rights.slice(0, -2));
      const refused = await begin(images.v2, { 'migrate.json': failing }, { kubeconfig: less }).done;
      expect([refused.code, refused.log.includes('[PERMISSION_MISSING]')]).toEqual([1, true]);
      expect(refused.log).toContain('may not get jobs.batch, create jobs.batch, patch jobs.batch, get pods/log');
      expect(await jobsThere()).toEqual([]);
    }, 60_000);

    test('one that does not end is ended at its deadline', async () => {
      const { code, log } = await begin(images.v2, { 'serve.json': job('serve', {}) }, { 'before-timeout': '3s' }).done;
      expect([code, log.includes('[JOB_DEADLINE]')]).toEqual([1, true]);
      expect(log).toContain('took longer than 3 s');
      expect(await podsOf(images.v2)).toEqual([]);
      await clean();
    }, 60_000);

    test('an image that cannot be pulled is said in seconds, and the Job does not go on', async () => {
      const image = images.v2.replace(/hello@.*/, `nothing@sha256:${'0'.repeat(64)}`);
      const { code, log } = await begin(images.v2, { 'pull.json': job('pull', { image }) }).done;
      expect([code, log.includes('[IMAGE_PULL]')]).toEqual([1, true]);
      expect((await jobsThere())[0].spec.suspend).toBe(true);
      await clean();
    }, 60_000);

    test.each(['cancelled', 'killed, then aborted'])(
      '%s: no Job goes on running',
      async how => {
        const jobs = { 'wait.json': job('wait', {}, gated) };
        const run = begin(images.v2, jobs);
        await run.says('before the first step …');
        await until(async () => (await names()).includes('wait'));
        run.signal(how === 'cancelled' ? 'SIGTERM' : 'SIGKILL');
        let { outputs } = await run.done;
        if (how !== 'cancelled') {
          await loseLease();
          ({ outputs } = await begin(images.v2, jobs, { mode: 'abort' }).done);
        }
        expect(outputs['state']).toBe('rolled-back');
        expect((await jobsThere())[0].spec.suspend).toBe(true);
        expect(await version()).toBe('v1');
        await clean();
      },
      60_000,
    );

    test('killed in between: what has ended is not run twice, what has begun is waited for; then comes the release', async () => {
      const jobs = {
        'a.json': job('first', { args: ['-version'] }),
        'b.json': job('second', { args: ['-version'] }, gated),
      };
      const planned = await begin(images.v2, jobs, { mode: 'plan' }).done;
      expect(planned.log).toMatch(new RegExp(`before +Job/first-…, at most 600 s; migrate: ${images.v2}`));
      expect(await jobsThere()).toEqual([]);
      const killed = begin(images.v2, jobs);
      await killed.says('Job/second-');
      await until(async () => (await names()).includes('second'));
      killed.signal('SIGKILL');
      const { log } = await killed.done;
      expect(log).toContain('migrate: v2');
      expect(await podsOf(images.v2)).toEqual([]);
      await loseLease();
      const { log: said } = await begin(images.v2, jobs, { mode: 'status' }).done;
      expect(said).toContain('1 of 2 Jobs have ended well; now Job/second-');
      const [first] = (await jobsThere()) as { metadata: { name: string } }[];
      await kubectl(['delete', 'job', first!.metadata.name]); // as after its time to live
      const again = begin(images.v2, jobs);
      await again.says('Job/second-');
      const [second] = (await jobsThere()) as { metadata: { name: string } }[];
      const pod = await kubectl(['get', 'pods', '-l', `job-name=${second!.metadata.name}`, '-o', 'name']);
      await kubectl(['patch', pod, '--type=json', '-p', '[{"op":"remove","path":"/spec/schedulingGates"}]']);
      const done = await again.done;
      expect([done.code, done.code === 0 ? '' : done.log]).toEqual([0, '']);
      expect(await names()).toEqual(['second']);
      expect(await version()).toBe('v2');
      const [{ status, spec }] = await jobsThere();
      expect(spec.template.spec.containers[0].image).toBe(images.v2);
      const [fresh] = await podsOf(images.v2);
      expect(fresh.metadata.creationTimestamp >= status.completionTime).toBe(true);
    }, 120_000);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come to be within 30 s');
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}
