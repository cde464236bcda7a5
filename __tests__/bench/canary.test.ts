import { describe, expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const load = (name: string): Promise<any> => import(new URL(`../../bench/canary/${name}.mjs`, import.meta.url).href);
const { cells } = await load('cells');
const { simulate, release } = await load('simulate');
const { isHigh } = await load('mann-whitney');
const { binomial, generator, geometric, poisson } = await load('random');

// Of the benchmark's 2,000 releases a cell the first 200, with its seeds: the same on every machine.
const releases = 200;
interface Cell {
  readonly name: string;
  readonly cell: object;
  readonly rules: Record<string, unknown>;
  readonly goal?: { readonly rollbacks?: number; readonly time?: number; readonly ratio?: number };
}
const named = (name: string): Cell => cells.find((one: Cell) => one.name === name);
const seen = ({ cell, rules }: Cell, rule = 'ours') => simulate(cell, rules[rule], releases);

describe('simulated releases', () => {
  const goals = (cells as Cell[]).filter(({ goal }) => goal !== undefined);
  test.each(goals.filter(({ goal }) => goal?.rollbacks !== undefined))(
    '$name: at most 10 of 1,000 false rollbacks',
    one => {
      expect(seen(one).rollbacks).toBeLessThanOrEqual(10);
    },
  );
  test.each(goals.filter(({ goal }) => goal?.time !== undefined))(
    '$name: all rolled back, within a scrape of the field notes',
    one => {
      const { rollbacks, time } = seen(one);
      expect(rollbacks).toBe(1000);
      expect(time).toBeLessThanOrEqual(one.goal!.time!);
    },
  );
  test('a bad tenth that the whole hides is found at least three times sooner with group-by', () => {
    const one = named('one of ten groups bad, 5 %; elsewhere 1 % errors');
    expect(seen(one).time / seen(one, 'ours, group-by').time).toBeGreaterThanOrEqual(3);
  });
  test('without the correction bursts roll good releases back', () => {
    expect(seen(named('good, errors in bursts of mean 3'), 'ours, uncorrected').rollbacks).toBeGreaterThan(100);
  });
  test('with too few requests it is inconclusive, never promoted', () => {
    expect(seen(named('2 requests/s, good'))).toMatchObject({ promoted: 0, inconclusive: 1000 });
  });
  test('own requests decide where users are too few', () => {
    expect(seen(named('2 requests/s and 10 own to each side, good')).promoted).toBeGreaterThanOrEqual(990);
  });
});

describe('the peers’ rules, where their outcome is known', () => {
  const broken = { rps: 200, old: 0.001, fresh: 0.5 };
  test.each([
    // the check after the fifth failed one; the fourth and the first failed measurement
    { rule: 'Flagger, threshold 5', time: 360 },
    { rule: 'Argo, limit 3', time: 240 },
    { rule: 'Argo, limit 0', time: 60 },
    { rule: 'Kayenta', time: 300 },
    { rule: 'peeked z-test', time: 15 },
  ])('$rule rolls a broken release back after $time s', ({ rule, time }) => {
    expect(release(broken, cells[0].rules[rule], 1)).toMatchObject({ end: 'rollback', time });
  });
  test.each([...Object.keys(cells[0].rules)])('%s promotes a release without an error', rule => {
    expect(release({ rps: 200, old: 0, fresh: 0 }, cells[0].rules[rule], 1)).toMatchObject({
      end: 'promoted',
      time: 600,
    });
  });
  test('Mann-Whitney: values that are all above are high, the same and all equal ones are not', () => {
    const [low, high] = [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [11, 12, 13, 14, 15, 16, 17, 18],
    ];
    expect([isHigh(high, low), isHigh(low, high), isHigh(low, low), isHigh([0, 0, 0], [0, 0, 0])]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

test('the random numbers have the means and variances of their distributions', () => {
  const random = generator(1);
  const moments = (draw: () => number) => {
    const values = Array.from({ length: 20_000 }, draw);
    const mean = values.reduce((a, b) => a + b) / values.length;
    return [mean, values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length];
  };
  for (const [draw, mean, variance] of [
    [() => binomial(random, 300, 0.02), 6, 5.88],
    [() => poisson(random, 3), 3, 3],
    [() => poisson(random, 200), 200, 200],
    [() => geometric(random, 3), 3, 6],
  ] as const) {
    const [m, v] = moments(draw);
    expect([m! / mean, v! / variance].map(ratio => Math.abs(ratio - 1) < 0.06)).toEqual([true, true]);
  }
});
