import { type Evidence, errors, loudestOf, rowsOf, show, told } from './evidence.ts';
import { Metric, type MetricPlan, type SavedMetric } from './metric.ts';
import type { Count, Tick } from './mixture.ts';

export interface Limits {
  /** Chance at most that a release as good as the old one is rolled back. */
  readonly alpha: number;
  /** Chance at most that a release as bad as the null says is promoted. */
  readonly beta: number;
  /** The highest error rate that is acceptable where no baseline can be compared with. */
  readonly tolerance: number;
}

export interface AnalysisPlan extends Limits {
  /** Number of steps at which there is a baseline, fixed before the start. */
  readonly steps: number;
  /** Default: errors alone. */
  readonly metrics?: readonly MetricPlan[];
}

/** One metric's counts in one group, since the look before. */
export interface Observation {
  /** Name of one of the plan's metrics. */
  readonly metric: string;
  /** Region, endpoint and the like; '' where nothing is grouped. */
  readonly group: string;
  readonly tick: Tick;
  /** Dispersion of this group's counts, known before the tick. Default: the metric's. */
  readonly phi?: number;
}

/** What has to be kept of an {@link Analysis} to go on later, as JSON; about half a kilobyte a metric and group. */
export interface SavedAnalysis extends Limits {
  readonly steps: number;
  readonly begun: number;
  readonly metrics: readonly SavedMetric[];
}

/**
 * Gathers ticks and says what they amount to. Harm: the mean of the metrics' e-values, each the mean over its groups. Goodness:
 * every metric must show it for itself.
 */
export class Analysis {
  readonly #plan: AnalysisPlan;
  readonly #metrics: readonly Metric[];
  #begun: number;

  constructor(plan: AnalysisPlan, saved?: SavedAnalysis) {
    this.#plan = plan;
    this.#begun = saved?.begun ?? 0;
    const plans = plan.metrics ?? [{ name: errors, better: 'lower' }];
    const steps = { all: plan.steps, begun: this.#begun };
    this.#metrics =
      saved?.metrics.map(one => Metric.restore(one, plan.tolerance, steps)) ??
      plans.map(one => new Metric(one, plan.tolerance));
  }

  /** @param index of the step, from 0. A step that has begun already, and one beyond the planned, is none. */
  beginStep(index: number): void {
    while (this.#begun <= Math.min(index, this.#plan.steps - 1)) {
      this.#begun++;
      for (const metric of this.#metrics) metric.beginStep();
    }
  }

  /**
   * Adds what was seen since the look before; a bare tick is one of errors. What is no count (NaN, negative, more errors
   * than requests) and what has no requests at all is no evidence, for nor against.
   */
  add(seen: Tick | readonly Observation[]): void {
    this.beginStep(0);
    const steps = { all: this.#plan.steps, begun: this.#begun };
    const all = 'canary' in seen ? [{ metric: errors, group: '', tick: seen, phi: 1 }] : seen;
    for (const { metric, group, tick, phi } of all) {
      const found = this.#metrics.find(({ plan }) => plan.name === metric);
      if (found === undefined) throw new Error(`the analysis was not planned for the metric "${metric}"`);
      if (isCounted(tick)) found.add(group, tick, phi, steps);
    }
  }

  get evidence(): Evidence {
    const { alpha, beta } = this.#plan;
    const harm = this.#metrics.reduce((all, one) => all + one.harm, 0) / this.#metrics.length;
    const weakest = this.#metrics.reduce((least, one) => (one.good < least.good ? one : least));
    const metrics = this.#metrics.flatMap(one => rowsOf(one, 1 / beta));
    const base = { harm, good: weakest.good, metrics };
    if (harm >= 1 / alpha) {
      const loudest = loudestOf(this.#metrics);
      return {
        ...base,
        decision: 'rollback',
        ...told(loudest, `E(worse) ${show(harm)} ≥ ${show(1 / alpha)}`),
        needed: 0,
      };
    }
    const needed = Math.max(...this.#metrics.map(one => one.needed(1 / beta)));
    const whole = { metric: weakest.plan.name, group: '', canary: weakest.canary, baseline: weakest.baseline };
    const good = `E(good) ${show(weakest.good)}`;
    if (needed === 0) return { ...base, decision: 'promote', ...told(whole, `${good} ≥ ${show(1 / beta)}`), needed };
    const why = `E(worse) ${show(harm)} < ${show(1 / alpha)}, ${good} < ${show(1 / beta)}`;
    return { ...base, decision: 'undecided', ...told(whole, why), needed };
  }

  save(): SavedAnalysis {
    const { alpha, beta, tolerance, steps } = this.#plan;
    const saved = { alpha, beta, tolerance, steps, begun: this.#begun, metrics: this.#metrics.map(one => one.save()) };
    // six digits behind the point of a logarithm are a millionth of the e-value
    return JSON.parse(
      JSON.stringify(saved, (_, value) => (typeof value === 'number' ? Number(value.toFixed(6)) : value)),
    );
  }

  /** Goes on where {@link save} was called: with its limits, since other ones would void the bound. */
  static restore(saved: SavedAnalysis): Analysis {
    const { metrics: _, ...plan } = saved;
    return new Analysis(plan, saved);
  }
}

function isCounted({ canary, baseline }: Tick): boolean {
  const fine = ({ requests, errors }: Count) => Number.isFinite(requests) && errors >= 0 && errors <= requests;
  return fine(canary) && fine(baseline) && canary.requests + baseline.requests > 0;
}
