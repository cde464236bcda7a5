import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { type Done, exampleManifests, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { eventually } from '../integration/eventually.ts';
import { fakeNodes } from '../integration/fake-nodes.ts';
import { describeWith } from '../integration/lab.ts';
import { setOf } from '../integration/set-manifest.ts';

const namespace = 'slipway-test-sets';
const ports = { hello: 30505, agent: 30506 };

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly nodeName: string; readonly containers: readonly { readonly image: string }[] };
}

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary: sets, scaled, in parallel, with surge', lab => {
  const url = (app: keyof typeof ports) => `http://${lab.cluster.nodeAddress}:${ports[app]}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<'v1' | 'v2' | 'v3' | 'crash' | 'slow', string>;
  let removeNodes = async () => {};

  const parallel = { replicas: 3, serviceName: 'hello', podManagementPolicy: 'Parallel' };
  const set = (readiness: object = {}) => {
    const made = setOf('StatefulSet', 'hello', parallel);
    Object.assign(made.spec.template.spec.containers[0]!.readinessProbe, readiness);
    return JSON.stringify(made);
  };
  const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  const tolerations = [{ key: 'slipway.test/zz-surge', operator: 'Exists' }];
  /** Its only real pod ends when the new one is there, which a busy node’s proxy hears of seconds later. */
  const agent = JSON.stringify(setOf('DaemonSet', 'agent', { updateStrategy }, { tolerations }))
    .replace('"HELLO_DRAIN_DELAY","value":"1s"', '"HELLO_DRAIN_DELAY","value":"4s"')
    .replace('"terminationGracePeriodSeconds":3', '"terminationGracePeriodSeconds":8');
  const begin = (inputs: Record<string, string>, manifest: string) =>
    start(
      lab.cluster.kubeconfig,
      { namespace, manifests: 'set.json', 'step-duration': '2s', 'probe-rate': '60', tolerance: '0.05', ...inputs },
      { 'set.json': manifest },
    );
  const beginSet = (inputs: Record<string, string>, manifest = set()) =>
    begin({ probes: `${url('hello')} 200`, steps: '0,50,100', ...inputs }, manifest);
  const beginAgent = (inputs: Record<string, string>) =>
    begin({ workload: 'ds/agent', probes: `${url('agent')} 200`, ...inputs }, agent);

  const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  const podsOf = async (app: string) =>
    (JSON.parse(await kubectl(['get', 'pods', '-l', `app=${app}`, '-o', 'json'])).items as Pod[]).toSorted((a, b) =>
      a.metadata.name.localeCompare(b.metadata.name),
    );
  const imagesOf = async (app: string) => (await podsOf(app)).map(({ spec }) => spec.containers[0]!.image);
  const scale = (replicas: number) => kubectl(['scale', 'statefulset', 'hello', `--replicas=${replicas}`]);
  const stepsOf = ({ deployment }: Done) =>
    deployment!.evidence.steps.map(({ weight, share }: { weight: number; share: string }) => [weight, share]);

  beforeAll(async () => {
    images = await pushExample(lab, {
      v1: ['v1'],
      v2: ['v2'],
      v3: ['v3'],
      crash: ['v2', 'HELLO_START_CRASH=true'],
      slow: ['v2', 'HELLO_LATENCY=2s'],
    });
    await fresh();
    const { service } = await exampleManifests(ports.hello, 'unused.test');
    await kubectl(['apply', '-f', '-'], service);
    const other = service.replaceAll('hello', 'agent').replace(String(ports.hello), String(ports.agent));
    await kubectl(['apply', '-f', '-'], other);
    removeNodes = await fakeNodes(kubectl, ['zz-surge']);
    const first = { image: images.v1, 'step-duration': '1s' };
    const done = await Promise.all([beginSet(first).done, beginAgent(first).done]);
    done.forEach(good);
  }, 180_000);

  afterAll(async () => {
    await removeNodes();
    await end();
  });

  test('Parallel: a crash on the highest ordinal goes back and touches no other; a good one goes on, a pod after the other', async () => {
    const users = userTraffic(url('hello'), undefined, 50);
    const before = await podsOf('hello');
    const crashed = await beginSet({ image: images.crash }).done;
    expect([crashed.code, crashed.outputs['state'], crashed.log.includes('[CRASH_LOOP]')]).toEqual([
      1,
      'rolled-back',
      true,
    ]);
    const after = await podsOf('hello');
    const uids = (pods: Pod[]) => pods.slice(0, 2).map(({ metadata }) => metadata.uid);
    expect([uids(after), await imagesOf('hello')]).toEqual([uids(before), [images.v1, images.v1, images.v1]]);

    const done = await beginSet({ image: images.v2 }).done;
    good(done);
    expect(stepsOf(done)).toEqual([
      [33, '1 of 3 pods'],
      [67, '2 of 3 pods'],
      [100, 'all pods'],
    ]);
    expect(await imagesOf('hello')).toEqual([images.v2, images.v2, images.v2]);
    expect((await users.stop()).failed).toEqual([]);
  }, 120_000);

  test('scaled by hand in mid-step, up and down: the share is made again and said, and the replicas stay', async () => {
    const users = userTraffic(url('hello'), undefined, 50);
    const running = beginSet({ image: images.v1, 'step-duration': '8s' });
    await running.says('33 %: watching');
    await scale(5);
    await running.says('33 %: there are to be 5 pods instead of 3');
    // the two that came have the highest ordinals; what had the release before keeps it
    await running.says('3 of 5 pods');
    await running.says('67 %: watching');
    expect(await imagesOf('hello')).toEqual([images.v2, images.v2, images.v1, images.v1, images.v1]);
    await scale(2);
    await running.says('67 %: there are to be 2 pods instead of 5');
    const done = await running.done;
    good(done);
    expect(done.log).toContain('has set 5 replicas meanwhile; they stay');
    expect(stepsOf(done)).toEqual([
      [33, '3 of 5 pods'],
      [67, '1 of 2 pods'],
      [100, 'all pods'],
    ]);
    expect(await imagesOf('hello')).toEqual([images.v1, images.v1]);
    expect((await users.stop()).failed).toEqual([]);
  }, 120_000);

  test('scaled down while its pods are waited for: it waits for those that can come', async () => {
    await scale(3);
    const running = beginSet({ image: images.v2, manifests: '', workload: 'sts/hello', steps: '50,100' }, set());
    await running.says('67 %: pods of the new release');
    await scale(2);
    const done = await running.done;
    good(done);
    expect(done.log).toMatch(/67 %: there are to be 2 pods instead of 3|1 of 2 pods are to have the new release/);
    expect(await imagesOf('hello')).toEqual([images.v2, images.v2]);
  }, 120_000);

  test('scaled to none it goes back, and says why', async () => {
    const running = beginSet({ image: images.v1, manifests: '', workload: 'sts/hello', 'step-duration': '60s' });
    await running.says('50 %: watching');
    await scale(0);
    const { code, log, outputs } = await running.done;
    expect([code, outputs['state'], log.includes('[SCALED_TO_NONE]')]).toEqual([1, 'rolled-back', true]);
    expect(await imagesOf('hello')).toEqual([images.v2, images.v2]);
  }, 120_000);

  test('a pod that never becomes ready: the timeout names it, with what its probe says', async () => {
    const { code, log, deployment } = await beginSet(
      { image: images.v1, timeout: '12s' },
      set({ httpGet: { path: '/nowhere', port: 'http' } }),
    ).done;
    expect([code, deployment?.state, deployment?.evidence.reason.code]).toEqual([1, 'rolled-back', 'DEADLINE']);
    expect(log).toMatch(/pod hello-\d: it does not become ready: containers with unready status: \[hello\]/);
    expect(log).toMatch(/event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404/);
    expect(await imagesOf('hello')).toEqual(expect.arrayContaining([images.v2]));
    expect(await imagesOf('hello')).not.toContain(images.v1);
  }, 120_000);

  test('a step too short for any answer is not passed blindly: it is watched for longer', async () => {
    await scale(3);
    await kubectl(['rollout', 'status', 'statefulset/hello', '--timeout=60s']);
    const inputs = { image: images.slow, manifests: '', workload: 'sts/hello', 'step-duration': '1s' };
    const done = await beginSet({ ...inputs, tolerance: '0.2', beta: '0.1' }).done;
    good(done);
    expect(done.log).toContain(
      'going on at 33 %: only 0 own requests to the new pods were answered at this weight, and 5 are needed',
    );
    const steps: { canary: { requests: number }; router: { requests: number } }[] = done.deployment!.evidence.steps;
    expect(steps.slice(0, 2).every(({ canary }) => canary.requests >= 5)).toBe(true);
    expect(steps[2]!.router.requests).toBeGreaterThanOrEqual(5);
  }, 120_000);

  test('a DaemonSet with maxSurge: the new pod beside the old one, no request fails, killed and gone on with, and a crash goes back', async () => {
    const users = userTraffic(url('agent'), undefined, 50);
    const plan = await beginAgent({ mode: 'plan', image: images.v2 }).done;
    expect(plan.log).toContain('DaemonSet/agent, container hello: rolling update');
    const killed = beginAgent({ image: images.v2 });
    await killed.says('rolling out DaemonSet/agent');
    await eventually(async () => expect(await imagesOf('agent')).toContain(images.v2));
    killed.signal('SIGKILL');
    await killed.done;
    await kubectl(['delete', 'lease', 'slipway-agent']);
    const resumed = await beginAgent({ mode: 'resume', image: images.v2 }).done;
    good(resumed);
    expect([resumed.outputs['state'], await imagesOf('agent')]).toEqual(['healthy', [images.v2, images.v2]]);

    const before = await podsOf('agent');
    const crashed = await beginAgent({ image: images.crash }).done;
    expect([crashed.code, crashed.outputs['state'], crashed.log.includes('[CRASH_LOOP]')]).toEqual([
      1,
      'rolled-back',
      true,
    ]);
    const staying = (await podsOf('agent')).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    expect(staying.map(({ spec }) => spec.containers[0]!.image)).toEqual([images.v2, images.v2]);
    const real = (pods: Pod[]) => pods.filter(({ spec }) => spec.nodeName !== 'zz-surge')[0]!.metadata.uid;
    expect(real(await podsOf('agent'))).toBe(real(before)); // the old pod never left its node
    expect((await users.stop()).failed).toEqual([]);
    const strategy = await kubectl(['get', 'daemonset', 'agent', '-o', 'jsonpath={.spec.updateStrategy}']);
    expect(JSON.parse(strategy)).toEqual(updateStrategy);
  }, 120_000);
});
