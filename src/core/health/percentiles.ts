/**
 * The nearest-rank percentile: the smallest sample that at least `share` of all samples do not exceed.
 *
 * @param sorted ascending
 * @param share 0.5 for the median
 * @returns undefined without samples
 */
export function percentile(sorted: readonly number[], share: number): number | undefined {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

/** p50, p95 and p99 in milliseconds; absent without samples. */
export function latencies(samples: readonly number[]): { p50?: number; p95?: number; p99?: number } {
  if (samples.length === 0) return {};
  const sorted = [...samples].sort((a, b) => a - b);
  return { p50: percentile(sorted, 0.5)!, p95: percentile(sorted, 0.95)!, p99: percentile(sorted, 0.99)! };
}
