import { LateOnset, type SavedOnset, type StepCount } from './late-onset.ts';
import { type Count, type Tick, thinned } from './mixture.ts';

/** Rolling back on fewer errors, or on a single moment's, would be rolling back on a hiccup. */
const guard = { errors: 5, ticks: 2 };

export const none: Count = { requests: 0, errors: 0 };

/** Errors of one stream, and in how many ticks there were some: whether they are enough to roll back for. */
export class Guard {
  count: Count;
  badTicks: number;

  constructor(count = none, badTicks = 0) {
    this.count = count;
    this.badTicks = badTicks;
  }

  add(count: Count): void {
    this.count = sum(this.count, count);
    if (count.errors > 0) this.badTicks++;
  }

  get passed(): boolean {
    return this.count.errors >= guard.errors && this.badTicks >= guard.ticks;
  }
}

export interface SavedStratum extends SavedOnset {
  readonly stake: number;
  readonly canary: Count;
  readonly baseline: Count;
  readonly badTicks: number;
}

/** One group's share of a metric: a wager of its own that the canary is worse there. */
export class Stratum {
  /** The part of the metric's stake that is wagered here. */
  stake: number;
  readonly #harm: LateOnset;
  readonly #canary: Guard;
  #baseline: Count;

  constructor(stake: number, steps: StepCount, saved?: SavedStratum) {
    this.stake = stake;
    this.#harm = new LateOnset(steps, saved);
    this.#canary = new Guard(saved?.canary, saved?.badTicks);
    this.#baseline = saved?.baseline ?? none;
  }

  beginStep(): void {
    this.#harm.beginStep();
  }

  /** @param phi dispersion: counts are divided by it for the wager, not for the guard */
  add(tick: Tick, phi: number): void {
    this.#harm.add({ canary: thinned(tick.canary, phi), baseline: thinned(tick.baseline, phi) });
    this.#canary.add(tick.canary);
    this.#baseline = sum(this.#baseline, tick.baseline);
  }

  get harm(): number {
    return this.#harm.e;
  }

  /** As much of it as counts: it has not grown while there are too few errors to roll back for. */
  get counted(): number {
    return this.#canary.passed ? this.harm : Math.min(1, this.harm);
  }

  get canary(): Count {
    return this.#canary.count;
  }

  get baseline(): Count {
    return this.#baseline;
  }

  save(): SavedStratum {
    const { canary, baseline, stake } = this;
    return { ...this.#harm.save(), stake, canary, baseline, badTicks: this.#canary.badTicks };
  }
}

export function sum(a: Count, b: Count): Count {
  return { requests: a.requests + b.requests, errors: a.errors + b.errors };
}
