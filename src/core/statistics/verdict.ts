import { excess, goodness } from './absolute.ts';
import type { Count, EProcess, Tick } from './mixture.ts';
import { harm, nonInferiority } from './relative.ts';

export interface Limits {
  /** Chance at most that a release as good as the old one is rolled back. */
  readonly alpha: number;
  /** Chance at most that a release as bad as the null says is promoted. */
  readonly beta: number;
  /** The highest error rate that is acceptable where no baseline can be compared with. */
  readonly tolerance: number;
}

/** What the evidence says now. `harm` and `good` are e-values: harm is compared with 1/alpha, good with 1/beta. */
export interface Evidence {
  readonly decision: 'rollback' | 'promote' | 'undecided';
  readonly harm: number;
  readonly good: number;
  readonly canary: Count;
  readonly baseline: Count;
  /** One sentence with the numbers. */
  readonly reason: string;
}

/** Rolling back on fewer errors, or on a single moment's, would be rolling back on a hiccup. */
const guard = { errors: 5, ticks: 2 };

/** Gathers ticks and says what they amount to: harm by the relative test, goodness by the mean of the relative and the absolute one. */
export class Analysis {
  readonly #limits: Limits;
  readonly #harm: EProcess<Tick> = harm();
  readonly #relative: EProcess<Tick> = nonInferiority();
  readonly #absolute: EProcess<Count>;
  readonly #canary = { requests: 0, errors: 0 };
  readonly #baseline = { requests: 0, errors: 0 };
  #badTicks = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#absolute = goodness(limits.tolerance);
  }

  add(tick: Tick): void {
    this.#harm.add(tick);
    this.#relative.add(tick);
    this.#absolute.add(tick.canary);
    addTo(this.#canary, tick.canary);
    addTo(this.#baseline, tick.baseline);
    if (tick.canary.errors > 0) this.#badTicks++;
  }

  get evidence(): Evidence {
    const { alpha, beta } = this.#limits;
    const [bad, good] = [this.#harm.e, (this.#relative.e + this.#absolute.e) / 2];
    const [canary, baseline] = [{ ...this.#canary }, { ...this.#baseline }];
    const guarded = canary.errors >= guard.errors && this.#badTicks >= guard.ticks;
    const counts = `canary ${canary.errors} of ${canary.requests}, old release ${baseline.errors} of ${baseline.requests} failed`;
    const made = (decision: Evidence['decision'], why: string): Evidence => ({
      decision,
      harm: bad,
      good,
      canary,
      baseline,
      reason: `${counts}: ${why}`,
    });
    if (bad >= 1 / alpha && guarded) return made('rollback', `E(worse) ${show(bad)} ≥ ${show(1 / alpha)}`);
    if (good >= 1 / beta) return made('promote', `E(good) ${show(good)} ≥ ${show(1 / beta)}`);
    return made('undecided', `E(worse) ${show(bad)} < ${show(1 / alpha)}, E(good) ${show(good)} < ${show(1 / beta)}`);
  }
}

/** One stream without a baseline: what the router's users see, or what is left at 100 %. */
export class Watchdog {
  readonly #limits: Limits;
  readonly #excess: EProcess<Count>;
  readonly #count = { requests: 0, errors: 0 };
  #badTicks = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#excess = excess(limits.tolerance);
  }

  add(count: Count): void {
    this.#excess.add(count);
    addTo(this.#count, count);
    if (count.errors > 0) this.#badTicks++;
  }

  get count(): Count {
    return { ...this.#count };
  }

  get e(): number {
    return this.#excess.e;
  }

  /** Whether the error rate is above the tolerance, with the certainty that alpha asks for. */
  get exceeded(): boolean {
    return this.e >= 1 / this.#limits.alpha && this.#count.errors >= guard.errors && this.#badTicks >= guard.ticks;
  }
}

function addTo(sum: { requests: number; errors: number }, count: Count): void {
  sum.requests += count.requests;
  sum.errors += count.errors;
}

/** Three digits for the eye: 0.66, 145.7, 3.1e5. */
export function show(e: number): string {
  return e >= 1e5 ? e.toExponential(1).replace('+', '') : String(Number(e.toPrecision(e >= 100 ? 4 : 3)));
}
