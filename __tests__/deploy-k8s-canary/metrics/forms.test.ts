import { describe, expect, test } from '@jest/globals';
import { metrics } from '../../../src/deploy-k8s-canary/metrics/forms.ts';

const parse = (text: string) => metrics.parse(text);

describe('the input metrics', () => {
  test('errors and latency', () => {
    expect(parse('- errors\n- latency').map(({ name, tolerance }) => [name, tolerance])).toEqual([
      ['errors', undefined],
      ['latency P95', expect.closeTo(0.15, 9)],
      ['latency P99', expect.closeTo(0.03, 9)],
    ]);
    expect(parse('errors')).toHaveLength(1);
    expect(parse('')).toEqual([]);
  });

  test('own metrics', () => {
    const [ratio, threshold, quantile] = parse(`
- {name: sold, numerator: 'sold_total', denominator: 'asked_total', better: higher, tolerance: 0.1}
- {name: slow, histogram: 'rpc_seconds_bucket{method="Pay"}', threshold: 250ms}
- {name: slow, histogram: rpc_seconds, quantile: 0.999, tolerance: 0.01}`);
    expect(ratio).toMatchObject({ kind: 'ratio', name: 'sold', better: 'higher', tolerance: 0.1 });
    expect(threshold).toMatchObject({ kind: 'latency', threshold: 0.25, histogram: { metric: 'rpc_seconds' } });
    expect(quantile).toMatchObject({ name: 'slow P99.9', quantile: 0.999, tolerance: 0.01 });
  });

  test.each([
    ['- eror', 'metrics[0]: "eror" is no metric'],
    ['- errors\n- errors', 'two metrics are called "errors"'],
    ['- {name: a, numerator: x}', 'needs "numerator" and "denominator"'],
    ['- {name: a, numerator: x, denominator: y}', '"better" is undefined'],
    ['- {name: a, numerator: x, denominator: y, better: more}', '"better" is "more"'],
    ['- {name: a, histogram: x, better: lower}', '"better" does not go with "histogram"'],
    ['- {name: a, histogram: x, threshold: 1s, quantile: 0.9}', 'both "threshold" and "quantile"'],
    ['- {name: a, histogram: x, threshold: 250}', 'not text'],
    ['- {name: a, histogram: x, quantile: 99}', '"quantile" is 99'],
    ['- {numerator: x, denominator: y, better: lower}', '"name" is missing'],
    ['- {name: a, numerator: "rate(x[1m])", denominator: y, better: lower}', 'is no selector'],
    ['- {name: a, histgram: x}', '"histgram" is no key'],
    ['- [errors]', 'neither a word nor a map'],
  ])('%s is refused', (text, said) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ code: 'METRICS_INVALID', message: expect.stringContaining(said) }),
    );
  });
});
