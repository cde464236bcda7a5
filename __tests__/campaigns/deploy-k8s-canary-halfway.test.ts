import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { type Done, exampleManifests, get, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';

const namespace = 'slipway-test-halfway';
const nodePort = 30497;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary left halfway', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<'v1' | 'v2' | 'v3', string>;
  let manifests: Record<string, string>;

  const begin = (inputs: Record<string, string>) =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        probes: `${url} 200`,
        steps: '50,100',
        'step-duration': '2s',
        'probe-rate': '90',
        tolerance: '0.05',
        ...inputs,
      },
      manifests,
    );
  const act = (inputs: Record<string, string>): Promise<Done> => begin(inputs).done;
  const good = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  const versions = async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => get(url)));
    return [...new Set(answers.map(({ body }) => JSON.parse(body).version as string))].sort();
  };
  const settledOn = async (version: string) => {
    expect(await kubectl(['get', 'deployments,services', '-o', 'name'])).toBe('deployment.apps/hello\nservice/hello');
    expect(await versions()).toEqual([version]);
  };
  const stateNow = async () =>
    JSON.parse(await kubectl(['get', 'configmap', 'slipway-hello', '-o', 'jsonpath={.data.state}']));
  /** Begins a rollout and kills it as soon as it says this; its lease is over a second later. */
  const killedAt = async (text: string, inputs: Record<string, string>) => {
    const running = begin(inputs);
    await running.says(text);
    running.signal('SIGKILL');
    await running.done;
    await kubectl(['patch', 'lease', 'slipway-hello', '--type=merge', '-p', '{"spec":{"leaseDurationSeconds":1}}']);
  };

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], v3: ['v3'] });
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
  }, 180_000);

  afterAll(end);

  test('a first deploy whose run died is gone on with by resume', async () => {
    await killedAt('pods are new', { image: images.v1 });
    const status = await act({ mode: 'status' });
    expect([status.outputs['state'], status.log.includes('the rest on nothing, as it is the first')]).toEqual([
      'progressing',
      true,
    ]);
    const resumed = await act({ mode: 'resume' });
    good(resumed);
    expect(resumed.outputs['state']).toBe('healthy');
    await settledOn('v1');
  }, 90_000);

  test('a rolling update whose run died cannot be paused, and is gone on with by resume', async () => {
    await killedAt('1 of 2 pods are new', { image: images.v2, strategy: 'rolling' });
    const paused = await act({ mode: 'pause' });
    expect([paused.code, paused.log.includes('[TOO_LATE]')]).toEqual([1, true]);
    const resumed = await act({ mode: 'resume', strategy: 'rolling' });
    good(resumed);
    expect(resumed.outputs['state']).toBe('healthy');
    expect((await stateNow()).phase).toBe('healthy');
    await settledOn('v2');
  }, 90_000);

  test('max-runtime behind a plain Service: the ratio of pods stays, and resume keeps its evidence', async () => {
    const users = userTraffic(url, undefined, 25);
    const inputs = { image: images.v1, 'step-duration': '6s' };
    const first = await act({ ...inputs, 'max-runtime': '5s' });
    expect([first.code, first.outputs['state']]).toEqual([0, 'progressing']);
    expect(await versions()).toEqual(['v1', 'v2']);
    const { progress } = await stateNow();
    const asked = progress.rows[0].canary.requests;
    expect(asked).toBeGreaterThan(0);
    const resumed = await act({ ...inputs, mode: 'resume' });
    good(resumed);
    expect(resumed.deployment!.evidence.steps[0].canary.requests).toBeGreaterThan(asked);
    expect((await users.stop()).failed).toEqual([]);
    await settledOn('v1');
  }, 90_000);

  test('on-dead-run: abort takes all traffic back to the old release first, then begins anew', async () => {
    await killedAt('50 %: watching', { image: images.v2, 'step-duration': '60s' });
    const done = await act({ image: images.v2, 'on-dead-run': 'abort' });
    good(done);
    expect(done.log).toMatch(/left behind by .*; ending it/);
    expect(done.log).toMatch(/Read back: Service\/hello: 2 old and 0 new pods/);
    expect(done.log).not.toContain('Going on with the rollout');
    expect(done.outputs['state']).toBe('healthy');
    await settledOn('v2');
  }, 120_000);

  test('an inconclusive rollout that is paused stays as it is, to be resumed or aborted', async () => {
    const held = await act({ image: images.v1, 'probe-rate': '3', 'on-inconclusive': 'hold' });
    expect([held.code, held.outputs['state']]).toEqual([1, 'inconclusive']);
    const before = await stateNow();
    const paused = await act({ mode: 'pause' });
    good(paused);
    expect([paused.outputs['state'], paused.outputs['changed']]).toEqual(['inconclusive', 'false']);
    expect(await stateNow()).toEqual(before);
    expect(await versions()).toEqual(['v1', 'v2']);
    expect((await act({ mode: 'abort' })).outputs['state']).toBe('rolled-back');
    await settledOn('v2');
  }, 90_000);

  test('a quota that is exhausted in the middle: named in seconds, and the old release serves', async () => {
    const running = begin({ image: images.v1, steps: '25,50,100', 'step-duration': '4s' });
    await running.says('25 %: watching');
    await kubectl(['create', 'quota', 'full', '--hard=pods=3']); // so many there are
    const { code, log, outputs } = await running.done;
    await kubectl(['delete', 'quota', 'full']);
    expect(log).toContain('[PODS_REFUSED]');
    expect(log).toMatch(/exceeded quota: full/);
    expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    await settledOn('v2');
  }, 90_000);

  test('of two runs that begin at the same moment one releases, the other changes nothing', async () => {
    const inputs = { steps: '0,100', 'step-duration': '3s' };
    const runs = (['v1', 'v3'] as const).map(version => ({
      version,
      done: act({ ...inputs, image: images[version] }),
    }));
    const ended = await Promise.all(runs.map(async ({ version, done }) => ({ version, ...(await done) })));
    const [winner, loser] = ended.sort((a, b) => a.code! - b.code!);
    good(winner!);
    expect([loser!.code, loser!.log.includes('[LOCKED]')]).toEqual([1, true]);
    await settledOn(winner!.version);
    expect((await stateNow()).image).toBe(images[winner!.version]);
  }, 120_000);

  test.each([
    { inputs: { context: 'absent' }, code: 'CONTEXT_UNKNOWN', says: 'Contexts in it: ' },
    { inputs: { steps: '50,25,100' }, code: 'INPUT_INVALID', says: 'the steps must increase' },
  ])(
    '$inputs: $code before anything is written',
    async ({ inputs, code: expected, says }) => {
      const before = await stateNow();
      const { code, log } = await act({ image: images.v2, ...inputs });
      expect([code, log.includes(`[${expected}]`), log.includes(says)]).toEqual([1, true, true]);
      expect(await stateNow()).toEqual(before);
    },
    30_000,
  );
});
