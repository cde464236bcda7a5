import { log } from '../../core/log.ts';
import { isUnfinished } from '../state.ts';
import { label, type Task } from './done.ts';
import { isSameRelease, newestOf } from './newest.ts';
import type { Site } from './sites.ts';
import { notBegun } from './waves.ts';

/**
 * `mode: promote` of several clusters ends the waiting of what was unfinished when all of them were looked at, and says of the same
 * release elsewhere how it ended. A cluster in which it was not begun yet is no part of that: what it has is an earlier release's.
 */
export function onlyBegun(sites: readonly Site[], task: Task): Task {
  const newest = newestOf(sites);
  return async site => {
    const { state } = site;
    if (newest === undefined || isUnfinished(state)) return task(site);
    if (state !== undefined && isSameRelease(state, newest)) return task(site);
    const { image, release } = newest;
    const why = `${image} was never begun here; \`mode: deploy\` or \`resume\` with it does that`;
    return log.within(label(site, sites), () => notBegun(site, why, { image, release }));
  };
}
