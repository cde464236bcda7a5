import { expect, test } from '@jest/globals';
import { Series } from '../../../src/core/health/series.ts';

test('however long, it is few buckets, and none of the attempts is lost', () => {
  const series = new Series();
  for (let at = 0; at < 3_600_000; at += 250) series.add(at, at % 1000 !== 0, at === 1_800_250 ? 900 : 10);
  const { buckets } = series;
  expect(buckets.length).toBeLessThanOrEqual(80);
  expect(buckets.length).toBeGreaterThan(20);
  expect(buckets.reduce((sum, one) => sum + one.attempts, 0)).toBe(14_400);
  expect(buckets.reduce((sum, one) => sum + one.failures, 0)).toBe(3600);
  const peak = buckets.find(one => one.slowest === 900)!;
  expect(peak.from).toBeLessThanOrEqual(1_800_250);
  expect(buckets.map(one => one.from)).toEqual(buckets.map(one => one.from).toSorted((a, b) => a - b));
});

test('a part without an attempt is left out; an attempt that failed counts by the time until then', () => {
  const series = new Series();
  series.add(0, false, 500);
  series.add(1000, true, 5);
  expect(series.buckets).toEqual([
    { from: 0, attempts: 1, failures: 1, slowest: 500 },
    { from: 1000, attempts: 1, failures: 0, slowest: 5 },
  ]);
});
