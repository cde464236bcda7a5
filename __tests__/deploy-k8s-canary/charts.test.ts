import { describe, expect, test } from '@jest/globals';
import { trendCharts } from '../../src/deploy-k8s-canary/charts.ts';
import { Trend } from '../../src/deploy-k8s-canary/trend.ts';

const limits = { alpha: 0.01, beta: 0.05 };
const point = (second: number, harm = 1) => ({ at: 1000 * second, weight: 50, harm, good: 1 });

describe('weight and evidence over time', () => {
  test('three charts, with the limits that the evidence is compared with', () => {
    const [weight, worse, good] = trendCharts([point(0), point(5, 0.1), point(10, 30), point(15, 1e12)], limits);
    expect(weight).toContain('bar [50, 50, 50, 50]');
    expect(weight).toContain('x-axis ["0ms", "5s", "10s", "15s"]');
    expect(worse).toContain('line [0, -1, 1.48, 4]');
    expect(worse).toContain('line [2, 2, 2, 2]');
    expect(worse).toContain('y-axis "log10 E" -1 --> 5');
    expect(good).toContain('promoted at 1.3');
  });

  test('what is nothing yet, or without end, can be drawn', () => {
    const charts = trendCharts([point(0, 0), point(1, Number.POSITIVE_INFINITY), point(2), point(3)], limits);
    expect(charts[1]).toContain('line [-3, 4, 0, 0]');
    expect(charts.join()).not.toMatch(/NaN|Infinity/);
  });

  test('too few points are none', () => expect(trendCharts([point(0), point(1)], limits)).toEqual([]));

  test('hours fit, and the last moment is always there', () => {
    const trend = new Trend();
    for (let second = 0; second <= 3 * 3600; second++) trend.add(point(second));
    const { points } = trend;
    expect(points.length).toBeGreaterThan(8);
    expect(points.length).toBeLessThanOrEqual(25);
    expect([points[0]!.at, points.at(-1)!.at]).toEqual([0, 3 * 3600 * 1000]);
    const gaps = points.slice(1, -1).map(({ at }, index) => at - points[index]!.at);
    expect(new Set(gaps).size).toBe(1);
  });
});
