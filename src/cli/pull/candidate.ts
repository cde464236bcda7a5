import type { Entry } from '../../core/records/entry.ts';

/**
 * The version that was verified last, of those whose last verdict says so: what was verified once and failed later is
 * passed over.
 *
 * @param entries of one environment, newest first
 */
export function newestVerified(entries: readonly Entry[]): string | undefined {
  const judged = new Set<string>();
  for (const { kind, version, state } of entries) {
    if (kind !== 'verdict' || judged.has(version)) continue;
    if (state === 'verified') return version;
    judged.add(version);
  }
  return undefined;
}
