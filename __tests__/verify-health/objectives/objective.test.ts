import { describe, expect, test } from '@jest/globals';
import { objectives } from '../../../src/verify-health/objectives/objective.ts';

const base = 'prometheus: http://p:9090, errors: "sum(increase(e[$window]))", total: "sum(increase(t[$window]))"';
const one = (more: string) => objectives.parse(`- {${base}, ${more}}`)[0]!;

describe('objectives', () => {
  test('a target, with the pairs of windows that page', () => {
    expect(one('name: up, target: 99.9%')).toMatchObject({
      name: 'up',
      target: 0.999,
      burn: [
        { rate: 14.4, long: 3_600_000, short: 300_000 },
        { rate: 6, long: 21_600_000, short: 1_800_000 },
      ],
      margin: 3,
    });
  });

  test('windows of one’s own, a budget, a comparison', () => {
    expect(one('target: 99%, burn: 2 over 1m and 10s, budget: 30d, compare: 10m, margin: 2')).toMatchObject({
      burn: [{ rate: 2, long: 60_000, short: 10_000 }],
      budget: 30 * 86_400_000,
      compare: 600_000,
      margin: 2,
    });
  });

  test.each([
    ['target: 0.999', 'write a percentage below 100'],
    ['target: 100%', 'write a percentage below 100'],
    ['name: x', 'neither a "target" such as 99.9% nor "compare"'],
    ['compare: 10', 'is not a duration'],
    ['compare: 10m, burn: 2 over 1m and 10s', '"burn" and "budget" need a "target"'],
    ['target: 99%, burn: 2 in 1m', 'write a rate and two windows'],
    ['target: 99%, margin: 1', '"margin" is 1; allowed: above 1'],
    ['taget: 99%', 'unknown key "taget" (did you mean "target"?)'],
  ])('%s', (more, words) => {
    expect(() => one(more)).toThrow(words);
  });

  test('a query without a window could be of any time', () => {
    const text = '- {prometheus: "http://p", errors: "sum(e)", total: "sum(increase(t[$window]))", target: 99%}';
    expect(() => objectives.parse(text)).toThrow('objectives[0]: "errors" is not a query with $window');
    expect(() => objectives.parse('target: 99%')).toThrow('it is not a list');
  });
});
