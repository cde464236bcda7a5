/** How many of so many pods are nearest to a share: at least one of each release, so that there is something to compare. */
export function podsFor(percent: number, wanted: number): number {
  return Math.max(1, Math.min(wanted - 1, Math.round((percent * wanted) / 100)));
}

/**
 * The steps that so many pods can make, in percent: the first is one pod, no two are the same, the last is 100. Empty but for that
 * where there is nothing to divide. Pure.
 */
export function sharesOf(steps: readonly number[], wanted: number): number[] {
  const shares: number[] = [];
  if (wanted > 1)
    for (const percent of [0, ...steps.filter(step => step > 0 && step < 100)]) {
      const share = Math.min(99, Math.max(1, Math.round((100 * podsFor(percent, wanted)) / wanted)));
      if (share > (shares.at(-1) ?? 0)) shares.push(share);
    }
  return [...shares, 100];
}
