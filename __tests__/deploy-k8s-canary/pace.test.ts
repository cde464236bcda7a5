import { describe, expect, test } from '@jest/globals';
import { ownRequests } from '../../src/core/statistics/index.ts';
import { Pace, type Source, sourcesOf } from '../../src/deploy-k8s-canary/pace.ts';
import { autoSteps, parseSteps } from '../../src/deploy-k8s-canary/steps.ts';

const none = { requests: 0, errors: 0 };
const seen = (metric: string, requests: number, errors: number, phi = 1) => ({
  metric,
  group: '',
  tick: { canary: { requests, errors }, baseline: none },
  phi,
});

/** Requests, each with its chance of an error, until the step may end; Infinity when that is never within `most`. */
function until(tolerance: number, most: number, fails: () => boolean): number {
  const pace = new Pace(sourcesOf([], true, tolerance, 0));
  for (let n = 1; n <= most; n++) {
    pace.add([seen(ownRequests, 1, fails() ? 1 : 0)]);
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
    const pace = new Pace(sourcesOf([], true, 0.01, 0));
    expect(pace.allows(1)).toBe(false);
    pace.add([seen(ownRequests, 1000, 0)]);
    expect([pace.allows(2.9), pace.allows(3)]).toEqual([true, false]);
  });

  const errors: Source = { name: 'errors', better: 'lower', tolerance: 0.05 };
  const answered: Source = { name: 'answered', better: 'higher', tolerance: 0.05 };

  test.each([
    { what: 'users’ requests alone', seen: [seen('errors', 18, 0)], expected: true },
    { what: 'divided by their dispersion', seen: [seen('errors', 18, 0, 5)], expected: false },
    { what: 'of several groups together', seen: [seen('errors', 9, 0), seen('errors', 9, 0)], expected: true },
    { what: 'what is better the higher', better: true, seen: [seen('answered', 18, 18)], expected: true },
    { what: 'and bad', better: true, seen: [seen('answered', 18, 0)], expected: false },
    { what: 'another metric', seen: [seen('latency', 1000, 0)], expected: false },
  ])('by metrics: $what: $expected', ({ better, seen: found, expected }) => {
    const pace = new Pace(sourcesOf([better ? answered : errors], false, 0.05, 50));
    pace.add(found);
    expect(pace.allows(1)).toBe(expected);
  });

  test('several sources: their mean; where nothing can be seen there is nothing to wait for', () => {
    const pace = new Pace(sourcesOf([errors], true, 0.05, 50));
    pace.add([seen(ownRequests, 18, 0)]);
    expect(pace.allows(1)).toBe(false);
    pace.add([seen(ownRequests, 18, 0)]);
    expect(pace.allows(1)).toBe(true);
    expect(sourcesOf([errors], true, 0.05, 0).map(({ name }) => name)).toEqual([ownRequests]);
    expect(new Pace(sourcesOf([errors], false, 0.05, 0)).allows(1)).toBe(true);
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
