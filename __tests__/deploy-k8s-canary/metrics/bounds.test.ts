import { describe, expect, test } from '@jest/globals';
import { parseSelector, selectorText } from '../../../src/core/prometheus-selector.ts';
import { latencyMeasure } from '../../../src/deploy-k8s-canary/metrics/bounds.ts';
import type { LatencyForm } from '../../../src/deploy-k8s-canary/metrics/forms.ts';

const histogram = parseSelector('rpc_seconds{method="Pay"}');
const form = (given: Partial<LatencyForm>): LatencyForm => ({ kind: 'latency', name: 'slow', histogram, ...given });
const buckets = [
  { le: '0.1', count: 900 },
  { le: '0.25', count: 985 },
  { le: '1.0', count: 999 },
  { le: '+Inf', count: 1000 },
];
const numerator = (given: Partial<LatencyForm>, seen = buckets) => {
  const measure = latencyMeasure(form(given), seen, 0.03);
  return measure && selectorText(measure.numerator);
};

describe('the bound that latency is compared by', () => {
  test('the smallest at or above the old release’s quantile, written as Prometheus has it', () => {
    expect(numerator({ quantile: 0.95 })).toBe('rpc_seconds_bucket{method="Pay",le="0.25"}');
    expect(numerator({ quantile: 0.99 })).toBe('rpc_seconds_bucket{method="Pay",le="1.0"}');
    expect(latencyMeasure(form({ quantile: 0.99 }), buckets, 0.03)).toMatchObject({
      better: 'higher',
      absentIsZero: false,
    });
  });

  test('a threshold is one of the bounds, also before the first request', () => {
    const idle = buckets.map(({ le }) => ({ le, count: 0 }));
    expect(numerator({ threshold: 1 }, idle)).toBe('rpc_seconds_bucket{method="Pay",le="1.0"}');
    expect(() => numerator({ threshold: 0.3 })).toThrow(expect.objectContaining({ code: 'METRIC_BLIND' }));
  });

  test('a quantile above the highest bound can never tell', () => {
    expect(() => numerator({ quantile: 0.9999 })).toThrow(expect.objectContaining({ code: 'METRIC_BLIND' }));
  });

  test('without requests nothing is known yet', () => {
    expect(numerator({ quantile: 0.99 }, [])).toBeUndefined();
    expect(
      numerator(
        { quantile: 0.99 },
        buckets.map(({ le }) => ({ le, count: 0 })),
      ),
    ).toBeUndefined();
  });
});
