import { describe, expect, test } from '@jest/globals';
import { Pace } from '../../src/deploy-k8s-canary/pace.ts';
import { autoSteps, parseSteps } from '../../src/deploy-k8s-canary/steps.ts';

/** Requests, each with its chance of an error, until the step may end; Infinity when that is never within `most`. */
function until(tolerance: number, most: number, fails: () => boolean): number {
  const pace = new Pace(tolerance);
  for (let n = 1; n <= most; n++) {
    pace.add({ requests: 1, errors: fails() ? 1 : 0 });
    if (pace.allows(1)) return n;
  }
  return Number.POSITIVE_INFINITY;
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

describe('steps: auto', () => {
  test('doubles, and ends at 100', () => expect(parseSteps(['auto'])).toBe(autoSteps));

  test.each([
    { tolerance: 0.01, expected: 89 },
    { tolerance: 0.05, expected: 18 },
  ])('tolerance $tolerance: a step needs $expected requests without an error', ({ tolerance, expected }) => {
    expect(until(tolerance, 10_000, () => false)).toBe(expected);
  });

  test('no data, or evidence of harm, and nothing is hurried', () => {
    const pace = new Pace(0.01);
    expect(pace.allows(1)).toBe(false);
    pace.add({ requests: 1000, errors: 0 });
    expect([pace.allows(2.9), pace.allows(3)]).toEqual([true, false]);
  });

  test('the stated bound: a release that fails exactly `tolerance` often is hurried on from at most half of the steps', () => {
    const random = seeded(7);
    const runs = 1000;
    const hurried = Array.from({ length: runs }, () => until(0.01, 2000, () => random() < 0.01)).filter(
      Number.isFinite,
    );
    expect(hurried.length / runs).toBeLessThanOrEqual(0.5);
    expect(hurried.length / runs).toBeGreaterThan(0.1); // else the bound would say nothing
  });
});
