import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { exampleManifests, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';
import { pushRegional } from '../integration/regional.ts';

const namespace = 'slipway-test-evidence';
const nodePort = 30291;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary: what counts as evidence', lab => {
  const { fresh, end } = ownNamespace(lab, namespace);
  let manifests: Record<string, string>;
  let [good, newer, failing, crashing, unready, hungry] = ['', '', '', '', '', ''];

  const begin = (inputs: Record<string, string>, files = manifests) =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'deployment/hello',
        probes: `http://${lab.cluster.nodeAddress}:${nodePort}/ 200`,
        ...inputs,
      },
      files,
    );

  beforeAll(async () => {
    const images = await pushExample(lab, {
      old: ['v1'],
      good: ['v1', 'HELLO_GREETING=hi'],
      newer: ['v2'],
      failing: ['v1', 'HELLO_ERROR_RATE=0.6'],
      crashing: ['v1', 'HELLO_CRASH_AFTER=6s'],
    });
    ({ good, newer, failing, crashing } = images);
    ({ unready, hungry } = await pushRegional(lab, { unready: ['UNREADY_AFTER=4s'], hungry: ['EAT_AFTER=6s'] }));
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
    const { code, log } = await begin({ image: images.old }).done;
    if (code !== 0) throw new Error(log);
  }, 180_000);

  afterAll(end);

  test('what a new pod answers in its warm-up is left out', async () => {
    const running = begin({ image: failing, 'warm-up': '8s', 'step-duration': '30s', 'probe-rate': '45' });
    await running.says('waiting until the new pods are warm');
    const began = Date.now();
    await running.says('[CANARY_WORSE]');
    // without a warm-up this takes two or three seconds
    expect(Date.now() - began).toBeGreaterThan(7000);
    const { code, deployment } = await running.done;
    expect([code, deployment?.state]).toEqual([1, 'rolled-back']);
  }, 90_000);

  test('a pod that served and crashes ends the rollout, with its exit code and its last log lines', async () => {
    const { code, log, deployment } = await begin({ image: crashing, 'step-duration': '60s', 'probe-rate': '1' }).done;
    expect(log).toMatch(/pod hello-canary-\S+: container hello ended: Error, exit code \d+/);
    expect(log).toContain('crashing, as crash_after asks');
    expect([code, deployment?.state, deployment?.evidence.reason.code]).toEqual([1, 'rolled-back', 'RESTARTED']);
  }, 90_000);

  test('a pod that served and is killed for its memory ends the rollout, with the reason and what to do', async () => {
    const { code, log, deployment } = await begin({ image: hungry, 'step-duration': '60s', 'probe-rate': '1' }).done;
    expect(log).toMatch(/pod hello-canary-\S+: container hello was killed: it used more memory than its limit/);
    expect(log).toContain('Raise the memory limit');
    expect([code, deployment?.state, deployment?.evidence.reason.code]).toEqual([1, 'rolled-back', 'OOM_KILLED']);
  }, 90_000);

  test('a pod that served and is not ready any more ends the rollout, with its events', async () => {
    const { code, log, deployment } = await begin({ image: unready, 'step-duration': '60s' }).done;
    expect(log).toMatch(/pod hello-canary-\S+: it served, and has not been ready for \d+ s/);
    expect(log).toMatch(/event Unhealthy: Readiness probe failed/);
    expect([code, deployment?.state, deployment?.evidence.reason.code]).toEqual([1, 'rolled-back', 'READINESS_LOST']);
  }, 90_000);

  test('a pod that never becomes ready ends the rollout after progressDeadlineSeconds, named, with what its probe says', async () => {
    const deployment = manifests['deployment.yaml']!.replace('path: /readyz', 'path: /nowhere').replace(
      'progressDeadlineSeconds: 120',
      'progressDeadlineSeconds: 6',
    );
    const done = await begin({ image: good }, { ...manifests, 'deployment.yaml': deployment }).done;
    expect(done.log).toMatch(
      /pod hello-canary-\S+: it does not become ready: containers with unready status: \[hello\]/,
    );
    expect(done.log).toMatch(/event Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 404/);
    expect([done.code, done.deployment?.state, done.deployment?.evidence.reason.code]).toEqual([
      1,
      'rolled-back',
      'NEVER_READY',
    ]);
    expect(done.took).toBeLessThan(60_000);
  }, 90_000);

  test('too few requests: said before the start and at the end, with how many more would have sufficed', async () => {
    const inputs = { image: good, steps: '0,100', 'step-duration': '2s', 'probe-rate': '5' };
    const { code, log, summary } = await begin({ ...inputs, 'on-inconclusive': 'rollback' }).done;
    expect(log).toMatch(
      /Promotion needs 447 requests .* come 10 own \(5\/s\): this cannot suffice, the last step would have to be/,
    );
    expect(summary).toMatch(/\d+ more requests to the new release without an error would have sufficed/);
    expect(summary).toMatch(
      /\| own requests \| – \| 0 \/ \d+ \| 0 \/ \d+ \| 1 \| [\d.]+ \| open; \d+ more without a bad one would suffice \|/,
    );
    expect([code, log.includes('[INCONCLUSIVE]')]).toEqual([1, true]);
  }, 90_000);

  test('behind a plain Service no user reaches a new pod before it is warm', async () => {
    const users = userTraffic(`http://${lab.cluster.nodeAddress}:${nodePort}/`, undefined, 20);
    const running = begin({ image: newer, steps: '50,100', 'warm-up': '5s', 'step-duration': '60s' });
    await running.says('50 %: waiting until the new pods are warm, at 0 % as before');
    await running.says('50 %: traffic');
    const before = [...users.seen.versions.keys()];
    await running.says('50 %: watching');
    running.signal('SIGTERM');
    await running.done;
    const { failed, versions } = await users.stop();
    expect([before, failed]).toEqual([['v1'], []]);
    expect([...versions.keys()]).toEqual(['v1', 'v2']);
  }, 90_000);
});
