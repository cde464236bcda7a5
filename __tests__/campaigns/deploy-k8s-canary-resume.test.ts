import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import {
  type Done,
  exampleManifests,
  get,
  type Running,
  start,
  userTraffic,
} from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';

const namespace = 'slipway-test-resume';
const host = 'resume.slipway.test';

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary over several runs', lab => {
  const url = `http://${lab.cluster.gateway}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<'v1' | 'v2' | 'v3', string>;
  let manifests: Record<string, string>;

  const begin = (inputs: Record<string, string>): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        router: 'gateway',
        probes: `- url: ${url}\n  headers: {host: ${host}}\n  status: 200`,
        steps: '10,50,100',
        'step-duration': '5s',
        'probe-rate': '45',
        tolerance: '0.05',
        ...inputs,
      },
      manifests,
    );
  const act = (inputs: Record<string, string>): Promise<Done> => begin(inputs).done;
  /** What only names the workload: whoever holds or ends a rollout need not know more. */
  const steer = (mode: string, inputs = {}) =>
    start(lab.cluster.kubeconfig, { namespace, workload: 'hello', mode, ...inputs }, {}).done;
  const route = async () =>
    JSON.parse(await kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec.rules[0].backendRefs}']));
  const weights = async () => (await route()).map((ref: { weight?: number }) => ref.weight);
  const stateNow = async () =>
    JSON.parse(await kubectl(['get', 'configmap', 'slipway-hello', '-o', 'jsonpath={.data.state}']));
  const settledOn = async (version: string) => {
    expect(await kubectl(['get', 'deployments,services', '-o', 'name'])).toBe('deployment.apps/hello\nservice/hello');
    const answers = await Promise.all(Array.from({ length: 20 }, () => get(url, host)));
    expect(new Set(answers.map(({ body }) => JSON.parse(body).version))).toEqual(new Set([version]));
  };

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], v3: ['v3'] });
    const all = await exampleManifests(30294, host);
    manifests = Object.fromEntries(Object.entries(all).map(([name, text]) => [`${name}.yaml`, text]));
    await fresh();
    const { code, log } = await act({ image: images.v1, 'step-duration': '1s' });
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  }, 180_000);

  afterAll(end);

  test('max-runtime, a dead runner, pause and promote: one rollout, its weights and its evidence kept', async () => {
    const before = await route();
    const users = userTraffic(url, host, 20);

    const first = await act({ image: images.v2, 'max-runtime': '8s', 'step-duration': '60s' });
    expect(first.log).not.toContain('new release, through the route');
    expect([first.code, first.outputs['state'], first.deployment?.state]).toEqual([0, 'progressing', 'progressing']);
    expect(await weights()).toEqual([90, 10]);
    const asked = (await stateNow()).progress.rows[0].canary.requests;
    expect(asked).toBeGreaterThan(0);
    const told = await steer('status');
    expect(told.outputs['state']).toBe('progressing');
    expect(told.log).toMatch(/Up to 10 % of the traffic is on .*\n.*10 %: failed 0 of \d+ new/);
    expect(told.log).toContain('Nobody drives it');

    const other = await act({ mode: 'resume', image: images.v3 });
    expect([other.code, other.log.includes('[RESUME_DIFFERS]')]).toEqual([1, true]);
    expect(other.log).toContain(`image: ${images.v3} instead of ${images.v2}`);
    expect(await weights()).toEqual([90, 10]);

    const second = begin({ mode: 'resume', image: images.v2, 'step-duration': '12s' });
    await second.says('50 %: watching');
    second.signal('SIGKILL');
    await second.done;
    const left = await stateNow();
    expect([left.phase, left.weight, left.progress.rows.length]).toEqual(['progressing', 50, 2]);
    expect(left.progress.rows[0].canary.requests).toBeGreaterThan(asked);

    const third = begin({ image: images.v2, 'step-duration': '60s' }); // any later run with the same inputs
    await third.says('Going on with the rollout');
    await third.says('50 %: watching');
    const paused = await steer('pause');
    expect([paused.code, paused.outputs['state']]).toEqual([0, 'paused']);
    const held = await third.done;
    expect([held.code, held.outputs['state'], held.deployment?.state]).toEqual([0, 'paused', 'paused']);
    expect(held.deployment!.evidence.steps.map((step: { weight: number }) => step.weight)).toEqual([10, 50]);
    expect(held.deployment!.evidence.steps[0].canary.requests).toBeGreaterThan(asked);
    expect(await weights()).toEqual([50, 50]);
    expect((await steer('pause')).outputs['state']).toBe('paused');
    expect((await steer('status')).outputs['state']).toBe('paused');
    expect((await act({ image: images.v2 })).log).toContain('[PAUSED]');

    const promoted = await steer('promote', { 'step-duration': '1s' });
    expect([promoted.code, promoted.code === 0 ? '' : promoted.log]).toEqual([0, '']);
    expect(promoted.outputs['state']).toBe('healthy');
    expect(promoted.deployment!.evidence.notes.join()).toMatch(/Promoted by hand at 50 %, by .*: failed 0 of \d+ new/);
    expect(await route()).toEqual(before);
    expect((await users.stop()).failed).toEqual([]);
    await settledOn('v2');
    const state = await stateNow();
    expect([state.phase, state.reason, state.progress]).toEqual([
      'healthy',
      expect.stringContaining('promoted by hand'),
      undefined,
    ]);
    expect((await steer('promote')).outputs['state']).toBe('healthy');
    expect((await steer('resume')).outputs['state']).toBe('unchanged');
  }, 180_000);

  test('promote ends the waiting of the run that drives the rollout', async () => {
    const running = begin({
      image: images.v1,
      steps: '20,100',
      'step-duration': '4s',
      'on-inconclusive': 'extend',
      beta: '0.000001',
    });
    await running.says('The evidence does not suffice yet');
    const promoted = await steer('promote');
    expect([promoted.code, promoted.outputs['state']]).toEqual([0, 'healthy']);
    const { code, outputs, deployment } = await running.done;
    expect([code, outputs['state']]).toEqual([0, 'healthy']);
    expect(deployment!.evidence.notes.join()).toContain('Promoted by hand at 20 %');
    await settledOn('v1');
  }, 120_000);

  test('hold leaves it resumable, with what was seen; a deployment of another release ends it first', async () => {
    const inputs = {
      image: images.v2,
      steps: '20,100',
      'step-duration': '2s',
      'probe-rate': '5',
      'on-inconclusive': 'hold',
    };
    const held = await act(inputs);
    expect([held.code, held.outputs['state']]).toEqual([1, 'inconclusive']);
    const seen = (await stateNow()).progress.rows[0].canary.requests;
    const again = await act({ ...inputs, mode: 'resume' });
    expect([again.code, again.outputs['state']]).toEqual([1, 'inconclusive']);
    expect((await stateNow()).progress.rows[0].canary.requests).toBeGreaterThan(seen);
    const other = await act({ ...inputs, image: images.v1 });
    expect(other.log).toContain('was left behind');
    expect([other.code, other.outputs['state']]).toEqual([0, 'unchanged']);
    expect((await stateNow()).phase).toBe('rolled-back');
    await settledOn('v1');
  }, 120_000);

  test('a runner that was frozen, and another has taken over: it writes nothing more', async () => {
    const frozen = begin({ image: images.v2, steps: '50,100', 'step-duration': '8s' });
    await frozen.says('50 %: watching');
    frozen.signal('SIGSTOP');
    const aborted = await steer('abort');
    expect([aborted.code, aborted.outputs['state']]).toEqual([0, 'rolled-back']);
    const versions = () =>
      kubectl([
        'get',
        'deployments,services,httproutes,configmaps',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name}={.metadata.generation} {.data.state} {end}',
      ]);
    const after = await versions();
    frozen.signal('SIGCONT');
    const { code, log, outputs } = await frozen.done;
    expect([code, outputs['state'], log.includes('[LOCK_LOST]')]).toEqual([1, 'progressing', true]);
    expect(await versions()).toBe(after);
    await settledOn('v1');
  }, 120_000);
});
