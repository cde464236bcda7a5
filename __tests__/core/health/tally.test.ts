import { describe, expect, test } from '@jest/globals';
import type { Observation, Reason } from '../../../src/core/health/index.ts';
import { latencies, percentile } from '../../../src/core/health/index.ts';
import { judge, judgeWatch, Tally } from '../../../src/core/health/tally.ts';

const seen = (reason?: Reason, retriable = true, ms = 5): Observation => ({
  ok: reason === undefined,
  ...(reason === undefined ? {} : { reason }),
  detail: reason ?? 'fine',
  retriable,
  at: 0,
  ms,
  phases: {},
  addresses: [],
  redirects: [],
});

/** `+` a success, `-` a failure, `!` a final one; 100 ms apart. */
function tallyOf(course: string): Tally {
  const tally = new Tally();
  [...course].forEach((sign, index) => {
    tally.add(sign === '+' ? seen() : seen(sign === '-' ? 'status' : 'tls', sign === '-'), index * 100);
  });
  return tally;
}

describe('judge', () => {
  test.each([
    ['one success is enough by default', '+', {}, false, 'passed', undefined],
    ['three in a row', '+++', { successes: 3 }, false, 'passed', undefined],
    ['two are no three', '++', { successes: 3 }, false, undefined, undefined],
    ['a failure begins the count anew', '++-++', { successes: 3 }, false, undefined, undefined],
    ['held long enough', '+++++', { successes: 2, hold: 300 }, false, 'passed', undefined],
    ['not held yet', '++++', { successes: 2, hold: 300 }, false, undefined, undefined],
    ['a failure ends the hold', '+++-+', { hold: 300 }, false, undefined, undefined],
    ['a failure may pass', '--', {}, false, undefined, undefined],
    ['what waiting does not mend', '-!', {}, false, 'failed', 'tls'],
    ['patience waits for that too', '-!', { patient: true }, false, undefined, undefined],
    ['the deadline, unhealthy', '+--', { successes: 2 }, true, 'failed', 'status'],
    ['the deadline, in turn', '+-+', { successes: 2 }, true, 'failed', 'unstable'],
    ['the deadline, healthy but too late', '--+', { successes: 2 }, true, 'inconclusive', 'deadline'],
    ['the deadline before any attempt', '', {}, true, 'inconclusive', 'no-samples'],
  ] as const)('%s', (_, course, options, over, verdict, reason) => {
    const judgement = judge(tallyOf(course), options, over);
    expect(judgement?.verdict).toBe(verdict);
    expect(judgement?.reason).toBe(reason);
  });
});

describe('percentiles', () => {
  test.each([
    [[7], 0.99, 7],
    [[1, 2, 3, 4], 0.5, 2],
    [Array.from({ length: 100 }, (_, i) => i + 1), 0.95, 95],
    [Array.from({ length: 100 }, (_, i) => i + 1), 0.99, 99],
  ])('nearest rank', (sorted, share, expected) => expect(percentile(sorted, share)).toBe(expected));

  test('samples need no order, and none give nothing', () => {
    expect(latencies([3, 1, 2])).toEqual({ p50: 2, p95: 3, p99: 3 });
    expect(latencies([])).toEqual({});
  });

  test('slow answers count, failures without an answer do not', () => {
    const tally = new Tally();
    tally.add(seen('slow', true, 500), 0);
    tally.add(seen('timeout', true, 5000), 1);
    tally.add(seen(undefined, true, 10), 2);
    expect(tally.facts().latency).toEqual({ p50: 10, p95: 500, p99: 500 });
  });
});

describe('judgeWatch', () => {
  /** Attempts as [begin, milliseconds, whether it was good]. */
  const watched = (end: number, ...attempts: [number, number, boolean][]) => {
    const tally = new Tally();
    for (const [begin, ms, ok] of attempts) tally.add(seen(ok ? undefined : 'timeout', true, ms), begin + ms);
    return judgeWatch(tally, 0.9, end).detail.split(',')[0];
  };

  test.each([
    [
      'good all the time',
      10_000,
      [
        [0, 5, true],
        [5000, 5, true],
      ],
      'good for 100% of 10s',
    ],
    [
      'a failure lasts until the next attempt begins',
      10_000,
      [
        [0, 5, true],
        [2000, 5, false],
        [3000, 5, true],
      ],
      'good for 90% of 10s',
    ],
    [
      'one that hangs lasts as long as it hangs',
      10_000,
      [
        [0, 5, true],
        [1000, 4000, false],
        [5000, 5, true],
      ],
      'good for 60% of 10s',
    ],
    [
      'the last one lasts to the end',
      10_000,
      [
        [0, 5, true],
        [8000, 5, false],
      ],
      'good for 80% of 10s',
    ],
    ['one that says nothing is left out with its time', 8000, [[0, 5, true]], 'good for 100% of 8s'],
    ['nothing good', 1000, [[0, 1000, false]], 'good for 0% of 1s'],
    [
      'what is not all is never rounded to it',
      1e8,
      [
        [0, 5, true],
        [1000, 5, false],
        [1001, 5, true],
      ],
      'good for 99.999% of 27h46m',
    ],
  ] as [string, number, [number, number, boolean][], string][])('%s', (_, end, attempts, said) => {
    expect(watched(end, ...attempts)).toContain(said);
  });
});
