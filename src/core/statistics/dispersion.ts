/** Where nothing is known yet: what errors that come in bursts of three on average need. */
export const unknownDispersion = 5;

/**
 * How clustered errors are: φ = max(1, Σ(x−x̄)² / Σ x̄·(pods−1)), both sums over all ticks, x̄ a tick's mean over its pods.
 * Independent errors give 1, geometric bursts of mean m about 2m−1. Counts divided by φ say as much as so many independent ones.
 *
 * The pods are the baseline's, with equal traffic, and the history at least 15 minutes from before the rollout: during it, an
 * incident would pass for dispersion. A tick with fewer than two pods says nothing.
 *
 * @param history errors by tick and pod
 * @returns undefined without a single error in ticks of two pods or more: nothing is known then
 */
export function dispersion(history: readonly (readonly number[])[]): number | undefined {
  let [squares, expected] = [0, 0];
  for (const pods of history) {
    if (pods.length < 2) continue;
    const mean = pods.reduce((sum, x) => sum + x, 0) / pods.length;
    squares += pods.reduce((sum, x) => sum + (x - mean) ** 2, 0);
    expected += mean * (pods.length - 1);
  }
  return expected === 0 ? undefined : Math.max(1, squares / expected);
}
