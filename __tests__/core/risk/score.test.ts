import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { clusterStrategies, hostStrategies } from '../../../src/core/risk/choose.ts';
import { scoreOf } from '../../../src/core/risk/score.ts';
import { levels, type RiskFacts, type RiskName, weights } from '../../../src/core/risk/weights.ts';

const none: RiskFacts = {
  lines: 0,
  dependencies: 0,
  migrations: 0,
  configuration: 0,
  toolchain: 0,
  before: 0,
  failures: 0,
  lastFailed: 0,
};
const names = Object.keys(weights) as RiskName[];
const ranks = Object.keys(levels);
const facts = fc.record(
  Object.fromEntries(names.map(name => [name, fc.nat({ max: 5000 })])) as Record<RiskName, fc.Arbitrary<number>>,
);

test.each<[string, Partial<RiskFacts>, number, string]>([
  ['nothing', {}, 0, 'low'],
  ['a few lines', { lines: 12 }, 5, 'low'],
  ['a large change', { lines: 3000, dependencies: 2, configuration: 1 }, 40, 'medium'],
  ['a migration', { lines: 60, migrations: 1 }, 35, 'medium'],
  ['a new toolchain with many modules', { lines: 600, dependencies: 20, toolchain: 1, before: 1 }, 60, 'high'],
  ['after failures', { lines: 600, migrations: 1, failures: 4, lastFailed: 1 }, 85, 'very high'],
])('%s', (_, given, total, level) => {
  expect(scoreOf({ ...none, ...given })).toMatchObject({ total, level });
});

test('every line is there, and they add up', () => {
  fc.assert(
    fc.property(facts, given => {
      const { lines, total } = scoreOf(given);
      expect(lines.map(({ name }) => name)).toEqual(names);
      expect(lines.reduce((sum, { points }) => sum + points, 0)).toBe(total);
    }),
  );
});

test('more of anything never scores less, nor gets a bolder strategy', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom(...names), fc.nat({ max: 5000 }), (given, name, more) => {
      const [less, worse] = [scoreOf(given), scoreOf({ ...given, [name]: given[name]! + more })];
      expect(worse.total).toBeGreaterThanOrEqual(less.total);
      expect(ranks.indexOf(worse.level)).toBeGreaterThanOrEqual(ranks.indexOf(less.level));
    }),
  );
});

test('what is not known never counts as nothing', () => {
  fc.assert(
    fc.property(facts, fc.constantFrom(...names), (given, name) => {
      const of = (value: number | undefined) => scoreOf({ ...given, [name]: value }).total;
      expect(of(undefined)).toBeGreaterThan(of(0));
      expect(of(undefined)).toBeLessThanOrEqual(of(Number.MAX_SAFE_INTEGER));
    }),
  );
  const unknown = Object.fromEntries(names.map(name => [name, undefined])) as unknown as RiskFacts;
  expect(scoreOf({ ...unknown, before: 0 })).toMatchObject({ total: 75, level: 'high' });
});

test('steps rise in both, and a higher level is never bolder', () => {
  for (const { steps } of Object.values(weights))
    for (const [index, [from, points]] of steps.entries()) {
      const [before, fewer] = steps[index - 1] ?? [0, 0];
      expect(from).toBeGreaterThan(before);
      expect(points).toBeGreaterThan(fewer);
    }
  const bold = ['canary', 'rolling', 'all'];
  const hosts = Object.values(hostStrategies).map(({ strategy, soak }) => bold.indexOf(strategy) - soak / 10);
  expect(hosts).toEqual(hosts.toSorted((a, b) => b - a));
  // of a canary, how much of the traffic the first step with users takes, and how many steps there are
  const clusters = Object.values(clusterStrategies).map(({ steps }) => [
    steps.find(step => step > 0) ?? 100,
    -steps.length,
  ]);
  expect(clusters).toEqual(clusters.toSorted((a, b) => b[0]! - a[0]! || b[1]! - a[1]!));
  for (const { steps } of Object.values(clusterStrategies))
    if (steps.length > 0) expect([steps[0], steps.at(-1)]).toEqual([0, 100]);
});
