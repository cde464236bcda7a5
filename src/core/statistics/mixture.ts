/**
 * log Σ w·exp(l), computed without overflow: e-values reach e^700 and more.
 *
 * @param logs natural logarithms of the mixture's components; all weigh the same
 */
export function logMean(logs: readonly number[]): number {
  const top = Math.max(...logs);
  if (top === Number.NEGATIVE_INFINITY) return top;
  return top + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - top), 0) / logs.length);
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

/** An e-process that averages wagers which each multiply on; `step(k, seen)` gives the k-th wager's log factor. */
export function mixture<T>(components: number, step: (k: number, seen: T) => number): EProcess<T> {
  const logs = new Array<number>(components).fill(0);
  let max = 1;
  return {
    add(seen) {
      for (let k = 0; k < components; k++) logs[k]! += step(k, seen);
      max = Math.max(max, Math.exp(logMean(logs)));
    },
    get e() {
      return Math.exp(logMean(logs));
    },
    get max() {
      return max;
    },
  };
}

/** x·ln(a), with 0·ln(0) = 0. */
export function times(x: number, logarithm: number): number {
  return x === 0 ? 0 : x * logarithm;
}
