import { randomUUID } from 'node:crypto';
import type { Site } from './sites.ts';

/**
 * Which rollout over all clusters this run is about: one of the same release that a run before began and did not bring to its end,
 * as when its runner died, or a new one. What the run before did belongs to it, when all go back.
 */
export function asOneWhole(sites: readonly Site[]): Site[] {
  const whole = unfinishedWhole(sites) ?? randomUUID();
  return sites.map(site => ({ ...site, options: { ...site.options, whole } }));
}

function unfinishedWhole(sites: readonly Site[]): string | undefined {
  const found = sites.flatMap(({ state, options }) =>
    state?.whole !== undefined && (options.image ?? state.image) === state.image ? [state] : [],
  );
  // without an image it is about what was begun last: what a cluster got before is not its own to take back
  const wholes = found.toSorted((a, b) => b.started.localeCompare(a.started)).map(({ whole }) => whole!);
  return wholes.find(whole => sites.some(({ state }) => state?.whole !== whole || state.phase !== 'healthy'));
}
