import { expect, test } from '@jest/globals';
import {
  Analysis,
  type Evidence,
  errors,
  harm,
  type Observation,
  type Tick,
} from '../../../src/core/statistics/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { binomial, generator }: any = await import(new URL('../../../bench/canary/random.mjs', import.meta.url).href);

// The error bounds, counted: decisions at 5 % in 400 releases are 20 at most; four standard deviations above is 37.
const [releases, most] = [400, 37];
const random = generator(42);
const count = (requests: number, rate: number) => ({ requests, errors: binomial(random, requests, rate) as number });
const seen = (requests: number, fresh: number, old: number): Tick => ({
  canary: count(requests, fresh),
  baseline: count(requests, old),
});

/** Of so many releases, those that are ever decided so, looking after every tick. */
function decided(decision: Evidence['decision'], ticks: (look: number) => readonly Observation[]): number {
  let found = 0;
  for (let release = 0; release < releases; release++) {
    const analysis = new Analysis({ alpha: 0.05, beta: 0.05, tolerance: 0.03, steps: 3 });
    for (let look = 0; look < 60; look++) {
      analysis.beginStep(Math.floor(look / 20));
      analysis.add(ticks(look));
      if (analysis.evidence.decision !== decision) continue;
      found++;
      break;
    }
  }
  return found;
}
const of = (group: string, tick: Tick): Observation => ({ metric: errors, group, tick });

test('false alarms stay below alpha although one looks after every tick', () => {
  let alarms = 0;
  for (let release = 0; release < releases; release++) {
    const process = harm();
    for (let look = 0; look < 60; look++) process.add(seen(50, 0.02, 0.02));
    if (process.max >= 20) alarms++;
  }
  expect(alarms).toBeLessThanOrEqual(most);
  expect(alarms).toBeGreaterThan(0);
});

test('with steps, too, and with groups that come one after the other', () => {
  const groups = (look: number) =>
    Array.from({ length: 1 + Math.floor(look / 12) }, (_, i) => of(`g${i}`, seen(50, 0.02, 0.02)));
  const alarms = decided('rollback', groups);
  expect(alarms).toBeLessThanOrEqual(most);
  expect(alarms).toBeGreaterThan(0);
});

test('a release that is just as bad as the hypothesis says is promoted with a chance of at most beta', () => {
  // three times the old one's errors, and as many as the tolerance; in two groups, of which one has more errors and fewer requests
  const passed = decided('promote', () => [of('a', seen(300, 0.03, 0.01)), of('b', seen(50, 0.06, 0.02))]);
  expect(passed).toBeLessThanOrEqual(most);
});

test('one that is good is promoted', () => {
  expect(decided('promote', () => [of('', seen(300, 0.001, 0.001))])).toBe(releases);
});
