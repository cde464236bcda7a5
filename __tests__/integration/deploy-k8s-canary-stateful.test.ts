import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { type Done, exampleManifests, get, start, userTraffic } from './deploy-k8s-canary.ts';
import { fakeNodes } from './fake-nodes.ts';
import { describeWith } from './lab.ts';
import { setOf } from './set-manifest.ts';

const namespace = 'slipway-test-stateful';
const nodePort = 30502;

interface Pod {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly spec: { readonly nodeName: string; readonly containers: readonly { readonly image: string }[] };
}

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary: StatefulSets and DaemonSets', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<'v1' | 'v2' | 'errors' | 'crash', string>;
  let removeNodes: () => Promise<void>;

  const set = (more: object = {}) =>
    JSON.stringify(setOf('StatefulSet', 'hello', { replicas: 3, serviceName: 'hello', ...more }));
  const tolerations = [{ key: 'slipway.test/zz-one', operator: 'Exists' }];
  const agent = JSON.stringify(setOf('DaemonSet', 'agent', {}, { tolerations }));
  const begin = (inputs: Record<string, string>, manifest: string) =>
    start(
      lab.cluster.kubeconfig,
      { namespace, manifests: 'set.json', 'step-duration': '2s', ...inputs },
      { 'set.json': manifest },
    );
  const beginSet = (inputs: Record<string, string>, manifest = set()) =>
    begin({ probes: `${url} 200`, steps: '0,50,100', 'probe-rate': '60', tolerance: '0.05', ...inputs }, manifest);
  const beginAgent = (inputs: Record<string, string>) => begin({ workload: 'ds/agent', ...inputs }, agent);
  const steer = (mode: string, inputs = {}) =>
    start(lab.cluster.kubeconfig, { namespace, workload: 'statefulset/hello', mode, ...inputs }, {});
  /** As after the time for which a run that is dead still has it. */
  const loseLease = (name: string) => kubectl(['delete', 'lease', `slipway-${name}`]);

  const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  const podsOf = async (app: string) =>
    JSON.parse(await kubectl(['get', 'pods', '-l', `app=${app}`, '-o', 'json'])).items as Pod[];
  const imageOf = ({ spec }: Pod) => spec.containers[0]!.image;
  /** From hello-0 on. */
  const imagesNow = async () => (await podsOf('hello')).map(imageOf);
  /** The real node is the first by its name. */
  const imagesByNode = async () =>
    (await podsOf('agent')).toSorted((a, b) => a.spec.nodeName.localeCompare(b.spec.nodeName)).map(imageOf);
  const strategyOf = async (kind: string, name: string) =>
    JSON.parse(await kubectl(['get', kind, name, '-o', 'jsonpath={.spec.updateStrategy}']));
  const partition = async () => (await strategyOf('sts', 'hello')).rollingUpdate.partition;

  beforeAll(async () => {
    images = await pushExample(lab, {
      v1: ['v1'],
      v2: ['v2'],
      errors: ['v2', 'HELLO_ERROR_RATE=0.3'],
      crash: ['v2', 'HELLO_START_CRASH=true'],
    });
    await fresh();
    await kubectl(['apply', '-f', '-'], (await exampleManifests(nodePort, 'unused.test')).service);
    removeNodes = await fakeNodes(kubectl, ['zz-one', 'zz-two']);
    const first = { image: images.v1, 'step-duration': '1s' };
    const [ofSet, ofAgent] = await Promise.all([beginSet(first).done, beginAgent(first).done]);
    good(ofSet);
    good(ofAgent);
    expect([ofSet.outputs['state'], ofAgent.deployment!.service]).toEqual(['healthy', 'DaemonSet/agent']);
  }, 180_000);

  afterAll(async () => {
    await removeNodes();
    await end();
  });

  async function worseOfSet(): Promise<void> {
    const before = await podsOf('hello');
    const { code, log, deployment, outputs } = await beginSet({ image: images.errors, 'step-duration': '20s' }).done;
    expect([code, outputs['state'], log.includes('[CANARY_WORSE]')]).toEqual([1, 'rolled-back', true]);
    const { steps, identity, pods } = deployment!.evidence;
    expect(deployment!.service).toBe('StatefulSet/hello');
    expect(steps).toMatchObject([{ weight: 33, share: '1 of 3 pods', verdict: 'CANARY_WORSE' }]);
    expect([identity, pods.length, await partition()]).toEqual(['proven', 3, 0]);
    const after = await podsOf('hello');
    expect(after.map(imageOf)).toEqual([images.v1, images.v1, images.v1]);
    const uids = (all: Pod[]) => all.slice(0, 2).map(({ metadata }) => metadata.uid);
    expect(uids(after)).toEqual(uids(before));
  }

  async function crashOnFirstNode(): Promise<void> {
    const { code, log, outputs } = await beginAgent({ image: images.crash }).done;
    expect([code, outputs['state'], log.includes('[CRASH_LOOP]')]).toEqual([1, 'rolled-back', true]);
    expect(log).toContain('of 1 pods of the new release are ready, of 2 in all'); // of three nodes
    expect(await imagesByNode()).toEqual([images.v1, images.v1]);
    expect((await strategyOf('ds', 'agent')).type).toBe('RollingUpdate');
  }

  test('one that answers worse, on the highest ordinal, and one that does not start, on the first node, go back', async () => {
    await Promise.all([worseOfSet(), crashOnFirstNode()]);
  }, 90_000);

  async function crashUnderUsers(): Promise<void> {
    const users = userTraffic(url, undefined, 50);
    const inputs = { image: images.crash, workload: 'statefulset/hello', manifests: '' };
    const { code, log, outputs } = await beginSet(inputs).done;
    expect([code, outputs['state'], log.includes('[CRASH_LOOP]')]).toEqual([1, 'rolled-back', true]);
    expect(log).toContain('pod hello-2 is not ready and of another release: deleted');
    expect(await imagesNow()).toEqual([images.v1, images.v1, images.v1]);
    expect((await users.stop()).failed).toEqual([]);
  }

  async function killedOnFirstNode(): Promise<void> {
    const killed = beginAgent({ image: images.v2, 'step-duration': '60s' });
    await killed.says('50 %: watching');
    killed.signal('SIGKILL');
    await killed.done;
    expect([await imagesByNode(), await strategyOf('ds', 'agent')]).toMatchObject([
      [images.v2, images.v1],
      { type: 'OnDelete' },
    ]);
    await loseLease('agent');
    const resumed = await beginAgent({ mode: 'resume', image: images.v2 }).done;
    good(resumed);
    expect(resumed.outputs['state']).toBe('healthy');
    expect(resumed.deployment!.evidence.steps).toMatchObject([
      { share: '1 of 2 pods', verdict: 'passed by its pods alone' },
      { share: 'all pods' },
    ]);
    expect(await imagesByNode()).toEqual([images.v2, images.v2]);
    expect((await strategyOf('ds', 'agent')).type).toBe('RollingUpdate');
  }

  test('OrderedReady waits for a pod that never starts, and yet it goes back; killed on the first node, it is gone on with', async () => {
    await Promise.all([crashUnderUsers(), killedOnFirstNode()]);
  }, 90_000);

  test('killed in a step, resumed, paused, promoted by hand: from the highest ordinal down, and no request fails', async () => {
    const users = userTraffic(url, undefined, 50);
    const killed = beginSet({ image: images.v2 });
    await killed.says('67 %: watching');
    killed.signal('SIGKILL');
    await killed.done;
    await loseLease('hello');
    expect((await steer('status').done).log).toContain('Up to 67 % of the pods is on');
    const resumed = beginSet({ mode: 'resume', workload: 'sts/hello', image: images.v2, 'step-duration': '60s' });
    await resumed.says('67 %: watching');
    const paused = await steer('pause').done;
    expect([paused.outputs['state'], (await resumed.done).outputs['state']]).toEqual(['paused', 'paused']);
    expect([await imagesNow(), await partition()]).toEqual([[images.v1, images.v2, images.v2], 1]);
    const promoted = await steer('promote', { 'step-duration': '1s' }).done;
    good(promoted);
    const { steps, identity } = promoted.deployment!.evidence;
    expect(steps.map(({ share }: { share: string }) => share)).toEqual(['1 of 3 pods', '2 of 3 pods', 'all pods']);
    expect([promoted.outputs['state'], identity, await partition()]).toEqual(['healthy', 'proven', 0]);
    expect(await imagesNow()).toEqual([images.v2, images.v2, images.v2]);
    expect(JSON.parse((await get(url)).body).version).toBe('v2');
    expect((await users.stop()).failed).toEqual([]);
  }, 120_000);

  test('rollback killed on its way, aborted: all are back; cancelled in a step: they go back, and abort proves it', async () => {
    const killed = steer('rollback');
    await killed.says('waiting for the old pods');
    killed.signal('SIGKILL');
    await killed.done;
    await loseLease('hello');
    const aborted = await steer('abort').done;
    good(aborted);
    expect([aborted.outputs['state'], await imagesNow()]).toEqual(['rolled-back', [images.v1, images.v1, images.v1]]);

    const cancelled = beginSet({ image: images.v2, 'step-duration': '60s' });
    await cancelled.says('33 %: watching');
    cancelled.signal('SIGTERM');
    const { code, log, outputs } = await cancelled.done;
    expect([code, outputs['state']]).toEqual([1, 'progressing']);
    expect(log).toContain('its pods follow one after the other');
    const proven = await steer('abort').done;
    expect([proven.outputs['state'], proven.deployment!.evidence.identity]).toEqual(['rolled-back', 'proven']);
    expect([await imagesNow(), await partition()]).toEqual([[images.v1, images.v1, images.v1], 0]);
  }, 120_000);

  test('what cannot be done is said before any write; the plan says which pods and which rights', async () => {
    const written = () => kubectl(['get', 'sts,ds', '-o', 'jsonpath={.items[*].metadata.generation}']);
    const before = await written();
    const image = images.v2;
    const own = (more: object) => beginSet({ image }, set(more)).done;
    const refused = await Promise.all([
      own({ updateStrategy: { type: 'OnDelete' } }),
      own({ updateStrategy: { rollingUpdate: { partition: 1 } } }),
      own({ serviceName: 'other', podManagementPolicy: 'Parallel' }),
      beginSet({ image, strategy: 'blue-green' }).done,
      beginSet({ mode: 'status', workload: 'daemonset/hello' }).done,
    ]);
    const says = (text: string, code: string) => ({ code: 1, log: expect.stringMatching(`${text}.* \\[${code}\\]`) });
    expect(refused).toMatchObject([
      says('nobody replaces its pods', 'UPDATE_ON_DELETE'),
      says('its partition is 1', 'PARTITION_SET'),
      says('serviceName, podManagementPolicy of a StatefulSet cannot be changed', 'IMMUTABLE_FIELD'),
      says('strategy: blue-green is not possible with a StatefulSet', 'INPUT_INVALID'),
      says('holds the last rollout of StatefulSet/hello', 'OTHER_KIND'),
    ]);
    expect(refused[2].log).toContain('kubectl delete statefulset hello --cascade=orphan');
    const [ofSet, ofAgent] = await Promise.all([
      beginSet({ image, mode: 'plan' }).done,
      beginAgent({ image: images.v1, mode: 'plan' }).done,
    ]);
    expect(ofSet.log).toMatch(/67 % +2 of 3 pods, partition 1, watched for/);
    expect(ofAgent.log).toMatch(/50 % +1 of 2 nodes, watched for/);
    expect(ofAgent.log).toContain('- daemonsets');
    expect(await written()).toBe(before);
  }, 60_000);
});
