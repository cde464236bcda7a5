import { describe, expect, test } from '@jest/globals';
import { judgeBurn, judgeChange } from '../../../src/verify-health/objectives/judge.ts';
import type { Objective } from '../../../src/verify-health/objectives/objective.ts';

const [hour, minutes, month] = [3_600_000, 300_000, 30 * 86_400_000];
const objective = { target: 0.999, burn: [{ rate: 14.4, long: hour, short: minutes }] } as unknown as Objective;
const counts = (...entries: [number, number, number][]) =>
  new Map(entries.map(([window, errors, requests]) => [window, { errors, requests }]));

describe('burn rates', () => {
  test.each<[string, Map<number, { errors: number; requests: number }>, object, string, string]>([
    ['no error', counts([hour, 0, 1000], [minutes, 0, 100]), {}, 'passed', 'burn rate 0.00 in 5m0s, 0.00 in 1h0m'],
    // 2 % of errors are 20 times what 99.9 % allows
    [
      'both windows burn',
      counts([hour, 20, 1000], [minutes, 2, 100]),
      {},
      'burning',
      'burns its budget 20.0 in the last 1h0m and 20.0 in the last 5m0s',
    ],
    ['it is over', counts([hour, 20, 1000], [minutes, 0, 100]), {}, 'passed', 'burn rate 0.00 in 5m0s, 20.00 in 1h0m'],
    ['it has just begun', counts([hour, 1, 1000], [minutes, 20, 100]), {}, 'passed', ''],
    ['no request', counts([hour, 0, 1000], [minutes, 0, 0]), {}, 'no-data', 'no request in the last 5m0s'],
    [
      'the budget is used up',
      counts([hour, 0, 1000], [minutes, 0, 100], [month, 200, 100_000]),
      { budget: month },
      'budget-spent',
      '200% of the errors',
    ],
    [
      'half of it is left',
      counts([hour, 0, 1000], [minutes, 0, 100], [month, 50, 100_000]),
      { budget: month },
      'passed',
      '50% of the budget',
    ],
  ])('%s', (_, seen, more, outcome, words) => {
    const opinion = judgeBurn({ ...objective, ...more }, seen);
    expect(opinion.reason ?? opinion.verdict).toBe(outcome);
    expect(opinion.verdict).toBe(outcome === 'passed' ? 'passed' : 'failed');
    expect(opinion.detail).toContain(words);
  });
});

describe('before and after', () => {
  test.each<[string, [number, number], [number, number], string]>([
    ['the same rate, many requests', [100, 10_000], [100, 10_000], 'passed'],
    ['ten times as many errors', [10, 10_000], [100, 10_000], 'worse-than-before'],
    ['errors where there were none', [0, 10_000], [20, 10_000], 'worse-than-before'],
    ['no errors at all', [0, 1000], [0, 1000], 'passed'],
    ['no errors, few requests', [0, 1000], [0, 20], 'too-few-requests'],
    ['a few more of few', [2, 200], [4, 200], 'too-few-requests'],
    ['no request after', [1, 100], [0, 0], 'no-data'],
    ['no request before', [0, 0], [1, 100], 'no-data'],
  ])('%s', (_, [errorsBefore, before], [errorsAfter, after], outcome) => {
    const opinion = judgeChange(
      { errors: errorsBefore, requests: before },
      { errors: errorsAfter, requests: after },
      3,
    );
    expect(opinion.reason ?? opinion.verdict).toBe(outcome);
    expect(opinion.verdict).toBe(
      outcome === 'passed' ? 'passed' : outcome === 'too-few-requests' ? 'inconclusive' : 'failed',
    );
  });
});
