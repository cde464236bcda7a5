const { exp, log } = Math; // looked up once: this is the innermost loop

/**
 * log Σ w·exp(l), computed without overflow: e-values reach e^700 and more.
 *
 * @param logs natural logarithms of the mixture's components; all weigh the same
 */
export function logMean(logs: readonly number[]): number {
  return logSum(logs) - log(logs.length);
}

/** log Σ exp(l), without overflow. */
export function logSum(logs: readonly number[]): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const one of logs) if (one > top) top = one;
  if (top === Number.NEGATIVE_INFINITY) return top;
  let sum = 0;
  for (const one of logs) sum += exp(one - top);
  return top + log(sum);
}

/** One look at the counters: what came since the look before. */
export interface Tick {
  /** Requests to the canary, and how many of them were errors. */
  readonly canary: Count;
  /** The same for the baseline: the old release, in the same time. */
  readonly baseline: Count;
}

export interface Count {
  readonly requests: number;
  readonly errors: number;
}

/**
 * An e-process: a running wager against a null hypothesis. While the null is true, the chance that `e` ever reaches 1/α is
 * at most α (Ville's inequality), however often one looks. So `max` is evidence, and min(1, 1/max) a p-value valid at any time.
 */
export interface EProcess<T> {
  /** Adds what was seen. Times of looking do not matter, only the order. */
  add(seen: T): void;
  /** The present e-value. */
  readonly e: number;
  /** The highest e-value so far. */
  readonly max: number;
}

/** An e-process that averages wagers which each multiply on. */
export class Mixture<T> implements EProcess<T> {
  /** Natural logarithms of the wagers: all that has to be kept to go on later. */
  readonly logs: number[];
  readonly #step: (k: number, seen: T) => number;
  #max: number;

  /**
   * @param step gives the k-th wager's log factor
   * @param logs the wagers so far; a new process has zeros
   */
  constructor(components: number, step: (k: number, seen: T) => number, logs?: readonly number[]) {
    this.logs = logs === undefined ? new Array<number>(components).fill(0) : [...logs];
    this.#step = step;
    this.#max = Math.max(1, this.e);
  }

  add(seen: T): void {
    for (let k = 0; k < this.logs.length; k++) this.logs[k]! += this.#step(k, seen);
    this.#max = Math.max(this.#max, this.e);
  }

  get e(): number {
    return exp(logMean(this.logs));
  }

  get max(): number {
    return this.#max;
  }
}

/** x·ln(a), with 0·ln(0) = 0. */
export function times(x: number, logarithm: number): number {
  return x === 0 ? 0 : x * logarithm;
}

/** What is left of clustered counts: so many independent ones say as much. See dispersion.ts. */
export function thinned({ requests, errors }: Count, phi: number): Count {
  return { requests: requests / phi, errors: errors / phi };
}
