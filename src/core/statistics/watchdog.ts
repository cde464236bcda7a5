import { excess } from './absolute.ts';
import type { Limits } from './analysis.ts';
import { type Count, type Mixture, thinned } from './mixture.ts';
import { Guard } from './stratum.ts';

export interface SavedWatchdog {
  readonly logs: readonly number[];
  readonly count: Count;
  readonly badTicks: number;
}

/** One stream without a baseline: what the router's users see, or what is left at 100 %. */
export class Watchdog {
  readonly #alpha: number;
  readonly #excess: Mixture<Count>;
  readonly #guard: Guard;

  /** @param saved goes on where {@link save} was called; with the same limits, since other ones would void the bound */
  constructor({ alpha, tolerance }: Pick<Limits, 'alpha' | 'tolerance'>, saved?: SavedWatchdog) {
    this.#alpha = alpha;
    this.#excess = excess(tolerance, saved?.logs);
    this.#guard = new Guard(saved?.count, saved?.badTicks);
  }

  save(): SavedWatchdog {
    return { logs: this.#excess.logs, count: this.#guard.count, badTicks: this.#guard.badTicks };
  }

  /** @param phi dispersion of the counts */
  add(count: Count, phi = 1): void {
    this.#excess.add(thinned(count, phi));
    this.#guard.add(count);
  }

  get count(): Count {
    return this.#guard.count;
  }

  get e(): number {
    return this.#excess.e;
  }

  /** Whether the error rate is above the tolerance, with the certainty that alpha asks for. */
  get exceeded(): boolean {
    return this.e >= 1 / this.#alpha && this.#guard.passed;
  }
}
