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

  test('rotates, leaves the warm-up out and says what it measured, where that is asked for', async () => {
    const order: string[] = [];
    const said: string[] = [];
    const contenders = ['a', 'b', 'c'].map(name => counting(name, order));
    await measure(contenders, 3, { warmUp: false, rotate: true, progress: (line: string) => said.push(line) });
    expect(order.join('')).toBe('bcacababc');
    expect(said[0]).toBe('round 1: b 1.00');
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
  const of = (goal?: object) => row({ name: 'x', ours: 'ours', peer: 'peer', goal }, samples);

  test('has both medians with their ranges, and the medians of the rounds’ ratios and differences', () => {
    expect(of({ ratio: 1 })).toEqual({
      name: 'x',
      ours: 20,
      oursRange: [10, 30],
      peer: 20,
      peerRange: [20, 20],
      ratio: 1,
      more: 0,
      goal: 'ratio ≤ 1',
      met: true,
    });
    const drifting = row({ name: 'x', ours: 'a', peer: 'b', goal: { ratio: 9 } }, { a: [1, 10, 100], b: [2, 5, 400] });
    expect(drifting).toMatchObject({ ratio: 0.5, more: -1 });
  });

  test.each([
    [{ ratio: 0.99 }, false, 'ratio ≤ 0.99'],
    [{ ratio: 0.99, orMore: 0 }, true, 'ratio ≤ 0.99 or +0'],
    [{ ratio: 0.99, orMore: -1 }, false, 'ratio ≤ 0.99 or +-1'],
    [{ most: 20 }, true, '≤ 20'],
    [{ most: 19 }, false, '≤ 19'],
    [{ more: 0 }, true, '+0 at most'],
    [{ more: -1 }, false, '+-1 at most'],
    [undefined, undefined, ''],
  ])('goal %j: met %s', (goal, met, text) => expect(of(goal)).toMatchObject({ met, goal: text }));
});
