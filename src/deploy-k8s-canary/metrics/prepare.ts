import { messageOf, SlipwayError } from '../../core/errors.ts';
import { ProbeFailure } from '../../core/health/observation.ts';
import { type Matcher, type Selector, selectorText } from '../../core/prometheus-selector.ts';
import { type Buckets, bucketsOf, latencyMeasure } from './bounds.ts';
import type { LatencyForm, MetricForm, RatioForm } from './forms.ts';
import { type History, historyOf, historySeconds, unknownHistory } from './history.ts';
import type { View } from './look.ts';
import { isPartOf, type Measure } from './measure.ts';
import { matchersOf } from './pods-of.ts';
import { vectorOf } from './series.ts';

/** A metric with what is known of it before the rollout; JSON. */
export interface Prepared {
  readonly name: string;
  readonly better: 'lower' | 'higher';
  readonly tolerance: number;
  /** Undefined when it is not known yet what to count: such a metric gives no evidence. */
  readonly measure?: Measure;
  readonly history: History;
  /** What a person should know of it before the start. */
  readonly warning?: string;
}

/** How old pods may be in a count of what there is, seconds. */
const lately = 300;

/**
 * Asks what is known of the old release's pods: the bounds of histograms, traffic, dispersion.
 *
 * @throws SlipwayError PROMETHEUS_UNREACHABLE, METRIC_BLIND
 */
export async function prepare(
  forms: readonly MetricForm[],
  view: View,
  pods: readonly string[],
  tolerance: number,
  signal: AbortSignal,
): Promise<Prepared[]> {
  const only = matchersOf(view.labels, view.namespace, pods);
  const prepared: Prepared[] = [];
  try {
    for (const form of forms) prepared.push(await prepareOne(form, view, only, form.tolerance ?? tolerance, signal));
  } catch (error) {
    if (!(error instanceof ProbeFailure)) throw error;
    throw new SlipwayError('PROMETHEUS_UNREACHABLE', `metrics cannot be asked for: ${messageOf(error)}`, {
      hint: 'Check prometheus-url, prometheus-headers and prometheus-token, and that the runner reaches it (or use service:NAMESPACE/NAME:PORT). Nothing was changed.',
      cause: error,
    });
  }
  return prepared;
}

async function prepareOne(
  form: MetricForm,
  view: View,
  only: readonly Matcher[],
  tolerance: number,
  signal: AbortSignal,
): Promise<Prepared> {
  const { name } = form;
  const measure = await measureOf(form, view, only, tolerance, signal);
  const history = measure === undefined ? unknownHistory : await historyFor(measure, view, only, signal);
  const known = { name, better: measure?.better ?? 'higher', tolerance, history, ...(measure && { measure }) } as const;
  if (history.traffic > 0) return known;
  const asked = form.kind === 'ratio' ? form.denominator : bucketsOf(form.histogram);
  const effect = measure === undefined ? ', by which its bound could be told: it will give no evidence' : '';
  const warning = `"${name}": no request to the old release was counted in ${selectorText(asked, only)}${effect}. ${await seenInstead(asked, view, signal)}`;
  return { ...known, warning };
}

async function measureOf(
  form: MetricForm,
  view: View,
  only: readonly Matcher[],
  tolerance: number,
  signal: AbortSignal,
): Promise<Measure | undefined> {
  if (form.kind === 'ratio') return ratioMeasure(form, tolerance);
  return latencyMeasure(form, await bucketsNow(form, view, only, signal), tolerance);
}

function ratioMeasure({ name, numerator, denominator, better }: RatioForm, tolerance: number): Measure {
  const part = isPartOf(numerator, denominator);
  const labels = part ? numerator.matchers.map(({ label }) => label) : [];
  return { name, numerator, denominator, better, tolerance, absentIsZero: part, labels };
}

async function bucketsNow(
  { histogram }: LatencyForm,
  { prometheus }: View,
  only: readonly Matcher[],
  signal: AbortSignal,
): Promise<Buckets> {
  const series = selectorText(bucketsOf(histogram), only);
  const [grown, there] = [
    await prometheus.query(`sum by (le) (increase(${series}[${historySeconds}s]))`, signal),
    await prometheus.query(`count by (le) (${series})`, signal),
  ];
  const counts = new Map(vectorOf(grown).map(({ labels: { le }, value }) => [le, value]));
  return vectorOf(there).flatMap(({ labels: { le } }) =>
    le === undefined ? [] : [{ le, count: counts.get(le) ?? 0 }],
  );
}

async function historyFor(
  measure: Measure,
  { prometheus, labels, groupBy }: View,
  only: readonly Matcher[],
  signal: AbortSignal,
): Promise<History> {
  const all = await prometheus.raw(selectorText(measure.denominator, only), historySeconds, signal);
  const some = await prometheus.raw(selectorText(measure.numerator, only), historySeconds, signal);
  return historyOf(measure, all, some, labels.pod, groupBy);
}

/** Why a selector may be empty: how such series are labelled in this Prometheus, if there are any. */
async function seenInstead(
  selector: Selector,
  { prometheus, labels, namespace }: View,
  signal: AbortSignal,
): Promise<string> {
  const data = await prometheus.query(`topk(1, last_over_time(${selectorText(selector)}[${lately}s]))`, signal);
  const [one] = vectorOf(data);
  if (one === undefined) return `Prometheus has no such series at all; see that it scrapes ${namespace}.`;
  const missing = [labels.namespace, labels.pod].filter(label => !(label in one.labels));
  if (missing.length > 0)
    return `Such series have no label ${missing.map(label => `"${label}"`).join(' and ')}, but ${Object.keys(one.labels).join(', ')}: set pod-labels.`;
  return 'Other pods have such series: it is as if nobody had asked these.';
}
