import { expect, test } from '@jest/globals';
import { usersLab } from '../integration/canary-users.ts';
import type { Done } from '../integration/deploy-k8s-canary.ts';
import { campaignTest } from '../integration/extent.ts';
import { describeWith } from '../integration/lab.ts';

const host = 'users.slipway.test';
const place = { namespace: 'slipway-test-users', nodePort: 30345, host, prometheusPort: 9445 };

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary goes by its users', lab => {
  const { kubectl, service, gateway, images, begin, ok, route, savedErrors, come } = usersLab(lab, place);
  const weights = async () => (await route()).rules[0].backendRefs.map((ref: { weight?: number }) => ref.weight);
  const patchRoute = (patch: object[]) =>
    kubectl(['patch', 'httproute', 'hello', '--type=json', '--field-manager=slipway', '-p', JSON.stringify(patch)]);
  /** Own requests, no metrics. */
  const own = {
    metrics: '',
    'prometheus-url': '',
    probes: `- url: ${gateway}?region=eu\n  headers: {host: ${host}}\n  status: 200`,
  };
  const errorsOf = ({ deployment }: Done) =>
    deployment?.evidence.metrics.find(({ metric }: { metric: string }) => metric === 'errors');

  test('traffic is shifted only when the pods of the step are warm; it stays where it was until then', async () => {
    const before = await weights();
    const seen = come(`${gateway}?region=eu`, 12).seen;
    const running = begin({ image: images.good, steps: '50,80,100', 'warm-up': '4s', 'step-duration': '2s' });
    await running.says('50 %: waiting until the new pods are warm, at 0 % as before');
    expect(await weights()).toEqual(before);
    expect([...seen.versions.keys()]).toEqual(['old']);
    await running.says('80 %: waiting until the new pods are warm, at 50 % as before');
    expect(await weights()).toEqual([50, 50]);
    await running.says('100 %: the workload’s pods get warm');
    expect(await weights()).toEqual([0, 100]);
    ok(await running.done);
    expect([await weights(), seen.failed]).toEqual([before, []]);
  }, 120_000);

  campaignTest(
    'max-runtime and SIGKILL: the evidence of metrics is kept; at 100 % each is watched against its tolerance',
    async () => {
      come(`${gateway}?region=eu`, 12);
      const inputs = { image: images.late, steps: '50,100' };
      const long = { ...inputs, 'step-duration': '90s' };
      const first = begin(long);
      await first.says('50 %: watching');
      const kept = await savedErrors(100);
      first.signal('SIGKILL');
      await first.done;
      // ended before anything new can be counted: what it knows is what was kept
      const second = await begin({ ...long, 'max-runtime': '1ms' }).done;
      expect([second.code, second.outputs['state']]).toEqual([0, 'progressing']);
      expect(errorsOf(second).canary.requests).toBeGreaterThanOrEqual(kept);
      expect(await savedErrors(0)).toBe(errorsOf(second).canary.requests);

      const third = begin({ ...inputs, mode: 'resume', 'step-duration': '30s' });
      await third.says('hello=0 hello-canary=100');
      expect(await weights()).toEqual([0, 100]);
      await third.says('100 %: watching');
      // the round that still has requests to the old pods is over: from here on there is nothing to compare with
      await savedErrors((await savedErrors(0)) + 1);
      come(`${gateway}?region=late`, 12);
      const done = await third.done;
      expect(done.log).toMatch(/errors: \d+ of \d+ requests of users were bad: E\(too many\)/);
      expect([done.code, done.deployment?.state, done.deployment?.evidence.reason.code]).toEqual([
        1,
        'rolled-back',
        'USERS_SEE_ERRORS',
      ]);
    },
    150_000,
  );

  test('own requests reach a canary at 1 % by a header, as often as asked; the rules for it are gone after abort, and nobody else’s', async () => {
    const routed = { ...own, steps: '0,1,100', 'step-duration': '30s', 'probe-rate': '40' };
    const before = await route();
    const running = begin({ ...routed, image: images.again, steps: '1,100' });
    await running.says('1 %: failed 0');
    const during = (await route()).rules;
    expect(during).toHaveLength(3);
    expect(during[0].backendRefs.map(({ weight }: { weight: number }) => weight)).toEqual([99, 1]);
    const foreign = { ...before.rules[0], matches: [{ path: { type: 'PathPrefix', value: '/theirs' } }] };
    await patchRoute([{ op: 'add', path: '/spec/rules/-', value: foreign }]);
    running.signal('SIGKILL');
    const { log } = await running.done;
    const [, fresh, old] = /failed 0 of (\d+) new, 0 of (\d+) old/.exec(log)!;
    expect(Math.min(Number(fresh), Number(old))).toBeGreaterThan(20); // 1 % of what was asked are two
    expect(log).toContain('Own requests reach each side through the route, by the header slipway-track');
    expect((await route()).rules).toHaveLength(4);
    ok(await begin({ mode: 'abort' }).done);
    expect(await route()).toEqual({ ...before, rules: [...before.rules, foreign] });
    await patchRoute([{ op: 'remove', path: '/spec/rules/1' }]);

    const users = come(`${gateway}?region=eu`, 20).seen;
    const bad = await begin({ ...routed, image: images.bad }).done;
    expect(bad.log).toMatch(/new release, through the route, .*: status 500 instead of 200/);
    expect([bad.code, bad.deployment?.evidence.reason.code, bad.deployment?.evidence.steps.length]).toEqual([
      1,
      'CANARY_WORSE',
      1,
    ]);
    expect([users.failed, users.versions.size, users.versions.has('bad')]).toEqual([[], 1, false]);
    expect(await route()).toEqual(before);
  }, 150_000);

  test('a split of users’ requests that contradicts the weights is found, with both numbers', async () => {
    come(`${gateway}?region=eu`, 60);
    come(`${service}?region=eu`, 10); // a way around the route
    const { code, log, deployment } = await begin({ image: images.again, 'step-duration': '30s' }).done;
    expect(log).toMatch(/the weight is 50 %, but \d+ of \d+ requests went to the new release/);
    expect([code, deployment?.state, deployment?.evidence.reason.code]).toEqual([1, 'rolled-back', 'SPLIT_WRONG']);
    expect(deployment?.evidence.steps[0].observed).toBeLessThan(0.4);
  }, 90_000);

  test('steps: auto by users’ requests alone: a good release is promoted sooner than at fixed steps, a bad one rolled back', async () => {
    for (const region of ['eu', 'us']) come(`${service}?region=${region}`, 14);
    const auto = { router: 'service', steps: 'auto', 'step-duration': '25s' };
    const { code, log, took, outputs, deployment } = await begin({ ...auto, image: images.again }).done;
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(outputs['state']).toBe('healthy');
    expect(deployment?.evidence.steps).toHaveLength(9);
    // with fixed steps of the same weights, alpha and beta, each of the eight takes its 25 s
    expect(took).toBeLessThan(8 * 25_000);
    const bad = await begin({ ...auto, image: images.bad }).done;
    expect([bad.code, bad.deployment?.state, bad.deployment?.evidence.reason.code]).toEqual([
      1,
      'rolled-back',
      'CANARY_WORSE',
    ]);
  }, 240_000);
});
