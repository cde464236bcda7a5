import type { Count } from './mixture.ts';

/** Requests of a histogram, cumulative as Prometheus has them: how many took at most `bound`. The last bound is Infinity. */
export type Histogram = readonly { readonly bound: number; readonly count: number }[];

/**
 * The smallest bound at or above a quantile: τ of the exceedance test. It has to come from the baseline's data before the tick
 * that is then counted by it.
 *
 * @param quantile 0.99 for P99
 * @returns undefined without requests, and where only +Inf is that high: such a histogram cannot tell
 */
export function exceedanceBound(baseline: Histogram, quantile: number): number | undefined {
  const buckets = ordered(baseline);
  const all = buckets.at(-1)?.count ?? 0;
  const bound = buckets.find(({ count }) => count >= quantile * all)?.bound;
  return all > 0 && bound !== undefined && Number.isFinite(bound) ? bound : undefined;
}

/**
 * How many requests took longer than the bound: the counts that are compared like errors.
 *
 * @returns undefined where the histogram does not have this bound: another layout of buckets cannot be compared
 */
export function exceedance(seen: Histogram, bound: number): Count | undefined {
  const buckets = ordered(seen);
  const within = buckets.find(one => one.bound === bound)?.count;
  const requests = buckets.at(-1)?.count;
  if (within === undefined || requests === undefined) return undefined;
  return { requests, errors: Math.max(0, requests - within) };
}

/** The rate of exceedances that is too much: three times what the quantile has by definition, as for errors. */
export function exceedanceTolerance(quantile: number): number {
  return 3 * (1 - quantile);
}

function ordered(histogram: Histogram): Histogram {
  return [...histogram].sort((a, b) => a.bound - b.bound);
}
