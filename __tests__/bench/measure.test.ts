import { describe, expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { measure, median, row }: any = await import(new URL('../../bench/lib/measure.mjs', import.meta.url).href);

test.each([
  [[3], 3],
  [[9, 1, 5], 5],
  [[4, 1, 3, 2], 2.5],
  [[10, 9, 100], 10],
])('the median of %j is %d', (samples, expected) => {
  expect(median(samples)).toBe(expected);
});

describe('measure', () => {
  const counting = (name: string, order: string[]) => ({
    name,
    run: async () => {
      order.push(name);
      return order.length;
    },
  });

  test('interleaves the rounds and leaves the first, which warms up, out', async () => {
    const order: string[] = [];
    const samples = await measure([counting('a', order), counting('b', order)], 2);
    expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
    expect(samples).toEqual({ a: [3, 5], b: [4, 6] });
  });

  test.each([
    ['rejects', () => Promise.reject(new Error('no such program')), 'peer failed in round 0: no such program'],
    [
      'throws',
      () => {
        throw new Error('no such program');
      },
      'peer failed in round 0: no such program',
    ],
    ['gives nothing', async () => undefined, 'peer gave no number in round 0: undefined'],
    ['gives no number', async () => Number.NaN, 'peer gave no number'],
    ['gives zero, of which nothing is a ratio', async () => 0, 'peer gave no number'],
  ])('a peer that %s fails the benchmark', async (_, run, message) => {
    await expect(measure([{ name: 'peer', run }], 3)).rejects.toThrow(message);
  });
});

describe('row', () => {
  const samples = { ours: [10, 20, 30], peer: [20, 20, 20] };
  const of = (goal: object) => row({ name: 'x', ours: 'ours', peer: 'peer', goal }, samples);

  test('has both medians, and the median of the rounds’ ratios', () => {
    expect(of({ ratio: 1 })).toEqual({ name: 'x', ours: 20, peer: 20, ratio: 1, goal: 'ratio ≤ 1', met: true });
    const drifting = row({ name: 'x', ours: 'a', peer: 'b', goal: { ratio: 9 } }, { a: [1, 10, 100], b: [2, 5, 400] });
    expect(drifting.ratio).toBe(0.5);
  });

  test.each([
    [{ ratio: 0.99 }, false],
    [{ most: 20 }, true],
    [{ most: 19 }, false],
  ])('goal %j: met %s', (goal, met) => expect(of(goal).met).toBe(met));
});
