import { describe, expect, test } from '@jest/globals';
import { LastWatch } from '../../../src/deploy-k8s-canary/metrics/last-watch.ts';
import type { View } from '../../../src/deploy-k8s-canary/metrics/look.ts';
import type { Prepared } from '../../../src/deploy-k8s-canary/metrics/prepare.ts';
import type { Prometheus } from '../../../src/deploy-k8s-canary/metrics/prometheus.ts';
import type { Series } from '../../../src/deploy-k8s-canary/metrics/series.ts';
import { Users } from '../../../src/deploy-k8s-canary/metrics/users.ts';

const metric: Prepared = {
  name: 'errors',
  better: 'lower',
  tolerance: 0.01,
  measure: {
    name: 'errors',
    numerator: { metric: 'n', matchers: [] },
    denominator: { metric: 'd', matchers: [] },
    better: 'lower',
    tolerance: 0.01,
    absentIsZero: true,
    labels: [],
  },
  history: { traffic: 10, phi: 3, phiOf: {}, measured: true },
};

/** A Prometheus that has a scrape of each pod for each answer to `d`: 100 requests more, one of the new pod's bad. */
function lab() {
  let [scrape, fails] = [0, false];
  const raw = async (selector: string): Promise<Series[]> => {
    if (fails) throw new Error('Prometheus (x): away');
    if (selector.startsWith('d')) scrape++;
    const of = (pod: string, value: number): Series => ({
      labels: { pod, of: selector[0]! },
      samples: [[scrape, value]],
    });
    return selector.startsWith('d') ? [of('new', scrape * 100), of('old', scrape * 100)] : [of('new', scrape)];
  };
  const prometheus = { raw, name: 'x' } as unknown as Prometheus;
  const view: View = { prometheus, namespace: 'ns', labels: { namespace: 'namespace', pod: 'pod' }, groupBy: [] };
  const users = new Users([metric], view);
  users.aim(['new'], ['old'], new Set(['new', 'old']));
  return {
    users,
    fail: (now: boolean) => {
      fails = now;
    },
  };
}

async function until(what: () => boolean): Promise<void> {
  const end = Date.now() + 15_000;
  while (!what()) {
    if (Date.now() > end) throw new Error('nothing came');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

describe('users as Prometheus tells of them', () => {
  test('ticks come with the metric’s dispersion; a step that saw nothing is blind', async () => {
    const { users } = lab();
    users.beginStep();
    expect(users.blind(true)).toContain('"errors" has nothing of the new pods');
    expect(users.blind(false)).toBeUndefined();
    users.start();
    await until(() => users.blind(true) === undefined);
    users.stop();
    const tick = { canary: { requests: 100, errors: 1 }, baseline: { requests: 100, errors: 0 } };
    expect(users.take()).toEqual([{ metric: 'errors', group: '', tick, phi: 3 }]);
    expect(users.take()).toEqual([]);
    users.beginStep();
    expect(users.blind(true)).toBeDefined();
  }, 20_000);

  test('while Prometheus is away there is no evidence, and nobody goes on, at whatever weight', async () => {
    const { users, fail } = lab();
    fail(true);
    users.start();
    await until(() => users.blind(false) !== undefined);
    expect(users.blind(false)).toBe('Prometheus (x): away');
    expect(users.take()).toEqual([]);
    fail(false);
    await until(() => users.blind(false) === undefined);
    users.stop();
  }, 20_000);
});

describe('where there is no baseline any more', () => {
  const seen = (requests: number, errors: number) => [
    {
      metric: 'errors',
      group: '',
      tick: { canary: { requests, errors }, baseline: { requests: 0, errors: 0 } },
      phi: 3,
    },
  ];

  test('a metric that is far beyond its tolerance is found, a good one is not', () => {
    const watch = new LastWatch([metric], 0.01);
    for (let i = 0; i < 20; i++) watch.add(seen(100, 1));
    expect(watch.exceeded).toBeUndefined();
    watch.add(seen(100, 40));
    // another run goes on with what was seen
    const resumed = new LastWatch([metric], 0.01, JSON.parse(JSON.stringify(watch.save())));
    for (let i = 0; i < 2; i++) resumed.add(seen(100, 40));
    expect(resumed.exceeded).toMatchObject({ name: 'errors', count: { requests: 2300, errors: 140 } });
  });

  test('of what counts the good ones, the rest is bad', () => {
    const watch = new LastWatch([{ ...metric, better: 'higher' }], 0.01);
    for (let i = 0; i < 3; i++) watch.add(seen(100, 100));
    expect(watch.exceeded).toBeUndefined();
    for (let i = 0; i < 3; i++) watch.add(seen(100, 50));
    expect(watch.exceeded?.count).toEqual({ requests: 600, errors: 150 });
  });
});
