import type { Metric } from './metric.ts';
import type { Count } from './mixture.ts';

/** A row of the table: one metric in one group. `harm` is its own e-value, `good` that of the metric over all groups. */
export interface MetricRow {
  readonly metric: string;
  readonly group: string;
  readonly harm: number;
  readonly good: number;
  /** Further requests to the canary, nothing bad among them, until the metric is shown to be good. */
  readonly needed: number;
  readonly canary: Count;
  readonly baseline: Count;
}

/** What the evidence says now. `harm` and `good` are e-values: harm is compared with 1/alpha, good with 1/beta. */
export interface Evidence {
  readonly decision: 'rollback' | 'promote' | 'undecided';
  readonly harm: number;
  readonly good: number;
  /** Counts of what `reason` speaks of: the loudest group of a rollback, else the metric that is shown the least. */
  readonly canary: Count;
  readonly baseline: Count;
  /** One sentence with the numbers. */
  readonly reason: string;
  readonly metrics: readonly MetricRow[];
  /** Further requests to the canary without an error until every metric is shown to be good. */
  readonly needed: number;
}

/** What a sentence speaks of. */
type Subject = Pick<MetricRow, 'metric' | 'group' | 'canary' | 'baseline'>;

/** The metric that is meant where none is named, and that of the action's own requests. */
export const errors = 'errors';
export const ownRequests = 'own requests';

/** @param level that a metric's evidence of goodness has to reach */
export function rowsOf(metric: Metric, level: number): MetricRow[] {
  const { good } = metric;
  const needed = metric.needed(level);
  return [...metric.strata].map(([group, { harm, canary, baseline }]) => ({
    metric: metric.plan.name,
    group,
    harm,
    good,
    needed,
    canary,
    baseline,
  }));
}

/** The metric and group that most of the harm comes from, of those with errors enough. */
export function loudestOf(metrics: readonly Metric[]): Subject {
  const all = metrics.flatMap(({ plan, strata }) =>
    [...strata].map(([group, stratum]) => ({ metric: plan.name, group, stratum })),
  );
  const { metric, group, stratum } = all.reduce((most, one) =>
    one.stratum.counted > most.stratum.counted ? one : most,
  );
  return { metric, group, canary: stratum.canary, baseline: stratum.baseline };
}

/** What is decided on, and why: `slow in eu: canary 9 of 200, old release 3 of 800 bad: E(worse) 145.7 ≥ 100`. */
export function told(
  { metric, group, canary, baseline }: Subject,
  why: string,
): Pick<Evidence, 'canary' | 'baseline' | 'reason'> {
  const plain = metric === ownRequests || (metric === errors && group === '');
  const where = plain ? '' : `${metric}${group === '' ? '' : ` in ${group}`}: `;
  const counts = `canary ${canary.errors} of ${canary.requests}, old release ${baseline.errors} of ${baseline.requests}`;
  return { canary, baseline, reason: `${where}${counts} ${plain || metric === errors ? 'failed' : 'bad'}: ${why}` };
}

/** Three digits for the eye: 0.66, 145.7, 3.1e5. */
export function show(e: number): string {
  return e >= 1e5 ? e.toExponential(1).replace('+', '') : String(Number(e.toPrecision(e >= 100 ? 4 : 3)));
}
