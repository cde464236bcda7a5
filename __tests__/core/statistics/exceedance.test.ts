import { describe, expect, test } from '@jest/globals';
import {
  exceedance,
  exceedanceBound,
  exceedanceTolerance,
  type Histogram,
} from '../../../src/core/statistics/index.ts';

const histogram = (...buckets: [number, number][]): Histogram => buckets.map(([bound, count]) => ({ bound, count }));
const infinity = Number.POSITIVE_INFINITY;
const usual = histogram([0.1, 900], [0.25, 980], [0.5, 990], [1, 999], [infinity, 1000]);

describe('τ: the smallest bound at or above the baseline’s quantile', () => {
  test.each([
    { name: 'P95', seen: usual, quantile: 0.95, bound: 0.25 },
    { name: 'P99, exactly at a bound', seen: usual, quantile: 0.99, bound: 0.5 },
    { name: 'buckets in any order', seen: [...usual].reverse(), quantile: 0.95, bound: 0.25 },
    { name: 'beyond the last bound', seen: histogram([0.1, 10], [infinity, 1000]), quantile: 0.99, bound: undefined },
    { name: 'no requests', seen: histogram([0.1, 0], [infinity, 0]), quantile: 0.99, bound: undefined },
    { name: 'no buckets', seen: [], quantile: 0.99, bound: undefined },
  ])('$name', ({ seen, quantile, bound }) => {
    expect(exceedanceBound(seen, quantile)).toBe(bound);
  });
});

test('counts what took longer', () => {
  expect(exceedance(usual, 0.5)).toEqual({ requests: 1000, errors: 10 });
  expect(exceedance(usual, 0.3)).toBeUndefined();
  expect(exceedance([], 0.5)).toBeUndefined();
});

test.each([
  [0.95, 0.15],
  [0.99, 0.03],
])('at P%d three times as many as the quantile has are too many', (quantile, rate) => {
  expect(exceedanceTolerance(quantile)).toBeCloseTo(rate, 9);
});
