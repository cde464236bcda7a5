import { goodness, requestsNeeded } from './absolute.ts';
import type { StepCount } from './late-onset.ts';
import { type Count, type Mixture, type Tick, thinned } from './mixture.ts';
import { nonInferiority } from './relative.ts';
import { none, type SavedStratum, Stratum, sum } from './stratum.ts';

/** One thing that is compared: errors, requests slower than P99, a ratio of the user's own. */
export interface MetricPlan {
  readonly name: string;
  /** The highest rate that is acceptable whatever the old release does. Default: the analysis' tolerance. */
  readonly tolerance?: number;
  /** `lower`: `errors` of the counts are what is bad. `higher`: they are what is good, and the rest is bad. */
  readonly better: 'lower' | 'higher';
  /** Dispersion of the counts (see dispersion.ts), where an observation does not give its own. Default 1: independent. */
  readonly phi?: number;
}

export interface SavedMetric {
  readonly plan: MetricPlan;
  readonly phi: number;
  readonly relative: readonly number[];
  readonly absolute: readonly number[];
  readonly strata: Readonly<Record<string, SavedStratum>>;
}

/** So many groups have a wager of their own; the others share one, so that neither memory nor the saved state grows without end. */
const maxStrata = 40;
/** Far beyond any 1/alpha, and far from what a number can hold. */
const maxStake = 1e9;
export const others = '(others)';

/** A metric's strata, each with its own wager on harm, and the evidence of all of them together that the canary is good. */
export class Metric {
  readonly plan: MetricPlan;
  readonly strata = new Map<string, Stratum>();
  readonly #tolerance: number;
  readonly #relative: Mixture<Tick>;
  readonly #absolute: Mixture<Count>;
  #phi: number;

  constructor(plan: MetricPlan, tolerance: number, saved?: SavedMetric) {
    this.plan = plan;
    this.#tolerance = plan.tolerance ?? tolerance;
    this.#relative = nonInferiority(3, saved?.relative);
    this.#absolute = goodness(this.#tolerance, saved?.absolute);
    this.#phi = saved?.phi ?? plan.phi ?? 1;
  }

  beginStep(): void {
    for (const stratum of this.strata.values()) stratum.beginStep();
  }

  add(group: string, seen: Tick, phi: number | undefined, steps: StepCount): void {
    const tick = this.plan.better === 'higher' ? turned(seen) : seen;
    this.#phi = phi ?? this.plan.phi ?? 1;
    this.#stratum(group, steps).add(tick, this.#phi);
    const [canary, baseline] = [thinned(tick.canary, this.#phi), thinned(tick.baseline, this.#phi)];
    // each stratum given its own total: groups of other sizes and base rates do not pass for a difference
    this.#relative.add({ canary, baseline });
    this.#absolute.add(canary);
  }

  /**
   * A group that comes later gets an equal part of what there is by then, from all others: the whole neither gains nor loses, so
   * that its error bound stays. Groups that are there from the start weigh the same: this then is the mean of their e-values.
   */
  #stratum(group: string, steps: StepCount): Stratum {
    const name = this.strata.has(group) || this.strata.size < maxStrata ? group : others;
    const known = this.strata.get(name);
    if (known !== undefined) return known;
    const share = 1 / (this.strata.size + 1);
    const stratum = new Stratum(Math.min(this.harm, maxStake) * share, steps);
    for (const other of this.strata.values()) other.stake *= 1 - share;
    this.strata.set(name, stratum);
    return stratum;
  }

  /** E-value: the canary is worse in some stratum. */
  get harm(): number {
    if (this.strata.size === 0) return 1;
    return [...this.strata.values()].reduce((all, { stake, counted }) => all + stake * counted, 0);
  }

  /** E-value: the canary fails less than three times as often as the old release, or less often than the tolerance. */
  get good(): number {
    return (this.#relative.e + this.#absolute.e) / 2;
  }

  /** How many more requests without an error it takes until `good` reaches the level. */
  needed(level: number): number {
    if (this.good >= level) return 0;
    return Math.ceil(this.#phi * requestsNeeded(this.#tolerance, 2 * level - this.#relative.e, this.#absolute.logs));
  }

  get canary(): Count {
    return [...this.strata.values()].reduce((all, { canary }) => sum(all, canary), none);
  }

  get baseline(): Count {
    return [...this.strata.values()].reduce((all, { baseline }) => sum(all, baseline), none);
  }

  save(): SavedMetric {
    return {
      plan: this.plan,
      phi: this.#phi,
      relative: this.#relative.logs,
      absolute: this.#absolute.logs,
      strata: Object.fromEntries([...this.strata].map(([group, stratum]) => [group, stratum.save()])),
    };
  }

  static restore(saved: SavedMetric, tolerance: number, steps: StepCount): Metric {
    const metric = new Metric(saved.plan, tolerance, saved);
    for (const [group, one] of Object.entries(saved.strata))
      metric.strata.set(group, new Stratum(one.stake, steps, one));
    return metric;
  }
}

function turned({ canary, baseline }: Tick): Tick {
  const turn = ({ requests, errors }: Count) => ({ requests, errors: requests - errors });
  return { canary: turn(canary), baseline: turn(baseline) };
}
