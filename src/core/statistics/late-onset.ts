import { logMean, logSum, type Mixture, type Tick } from './mixture.ts';
import { harm } from './relative.ts';

/** Steps of the rollout: how many there are, fixed before the start, and how many have begun. */
export interface StepCount {
  readonly all: number;
  readonly begun: number;
}

/** What has to be kept of a {@link LateOnset} to go on later. */
export interface SavedOnset {
  readonly logs: readonly number[];
  readonly restarts: readonly number[];
}

/**
 * Harm that may begin late: half of the stake is wagered from the start on, the other half in equal parts from the beginning
 * of each step on, so that a long good time before does not have to be made up for.
 *
 *   E = ½·E_run + ½·(1/S)·Σ E_s,   E_s = 1 until step s begins
 *
 * The number of steps S is fixed before the start; what comes after the last step belongs to it. A wager that begins at step s
 * is the running one divided by what that was then, so that one sum a component, of exp(−its log then), stands for all of them.
 * Shin, Ramdas & Rinaldo (arXiv 2203.03532).
 */
export class LateOnset {
  readonly #steps: number;
  readonly #run: Mixture<Tick>;
  /** A component each: log of Σ exp(−log of the running wager when step s began). */
  readonly #restarts: number[];
  #begun: number;

  constructor({ all, begun }: StepCount, saved?: SavedOnset) {
    this.#steps = all;
    this.#begun = begun;
    this.#run = harm(saved?.logs);
    this.#restarts = saved === undefined ? this.#run.logs.map(() => Math.log(begun)) : [...saved.restarts];
  }

  beginStep(): void {
    this.#begun++;
    for (const [k, log] of this.#run.logs.entries()) this.#restarts[k] = logSum([this.#restarts[k]!, -log]);
  }

  add(tick: Tick): void {
    this.#run.add(tick);
  }

  get e(): number {
    const restarted = Math.exp(logMean(this.#run.logs.map((log, k) => log + this.#restarts[k]!)));
    const waiting = this.#steps - this.#begun;
    return this.#run.e / 2 + (restarted + waiting) / (2 * this.#steps);
  }

  save(): SavedOnset {
    return { logs: this.#run.logs, restarts: this.#restarts };
  }
}
