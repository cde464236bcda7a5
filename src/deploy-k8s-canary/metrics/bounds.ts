import { SlipwayError } from '../../core/errors.ts';
import { numberOf } from '../../core/health/attempts/prometheus.ts';
import { equals, type Selector } from '../../core/prometheus-selector.ts';
import { exceedanceBound } from '../../core/statistics/index.ts';
import type { LatencyForm } from './forms.ts';
import type { Measure } from './measure.ts';

/** The histogram's buckets with the requests of the old release in each, cumulative; `le` as Prometheus writes it. */
export type Buckets = readonly { readonly le: string; readonly count: number }[];

/** The series of a histogram's buckets. */
export const bucketsOf = ({ metric, matchers }: Selector): Selector => ({ metric: `${metric}_bucket`, matchers });

/**
 * The bound that requests are compared by, as a measure: `le` of it is good, of `le="+Inf"` all. Pure.
 *
 * @returns undefined while nothing is known: no series, or for a quantile no request yet
 * @throws SlipwayError METRIC_BLIND where this histogram can never tell
 */
export function latencyMeasure(form: LatencyForm, buckets: Buckets, tolerance: number): Measure | undefined {
  if (buckets.length === 0) return undefined;
  const histogram = buckets.map(({ le, count }) => ({ bound: numberOf(le), count }));
  if (form.threshold === undefined && !(Math.max(...histogram.map(({ count }) => count)) > 0)) return undefined;
  const bound = form.threshold ?? exceedanceBound(histogram, form.quantile!);
  const le = buckets.find(one => numberOf(one.le) === bound)?.le;
  const bounds = buckets.map(one => numberOf(one.le)).sort((a, b) => a - b);
  const known = bounds.map(one => (Number.isFinite(one) ? `${one}s` : '+Inf')).join(', ');
  if (bound === undefined)
    throw blind(
      `"${form.name}" is above the highest bound of ${form.histogram.metric} already in the old release (${known})`,
      'Give the histogram higher bounds, or compare by a `threshold` among them.',
    );
  if (le === undefined)
    throw blind(
      `"${form.name}": ${bound}s is no bound of ${form.histogram.metric}; there are ${known}`,
      'Take one of the bounds as `threshold`: between them nothing is counted.',
    );
  const series = bucketsOf(form.histogram);
  const upTo = (text: string): Selector => ({ ...series, matchers: [...series.matchers, equals('le', text)] });
  return {
    name: form.name,
    numerator: upTo(le),
    denominator: upTo('+Inf'),
    better: 'higher',
    tolerance,
    absentIsZero: false,
    labels: [],
  };
}

function blind(message: string, hint: string): SlipwayError {
  return new SlipwayError('METRIC_BLIND', message, { hint: `${hint} Nothing was changed.` });
}
