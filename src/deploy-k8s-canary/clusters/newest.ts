import { log } from '../../core/log.ts';
import { unchangedSince } from '../last-rollout.ts';
import type { RolloutState } from '../state.ts';
import type { Task } from './done.ts';
import type { Site } from './sites.ts';

/**
 * `mode: rollback` of several clusters is about the release that was rolled out last. One that never got it, as a wave before
 * failed, is left alone: it would go back to what was before the release that all of them are to have.
 */
export function onlyNewest(sites: readonly Site[], task: Task): Task {
  const newest = newestOf(sites);
  return async site => {
    const { state, name } = site;
    if (state === undefined || newest === undefined || isSameRelease(state, newest)) return task(site);
    log.info(`${name}: left alone, as it never got ${newest.image}; its last rollout was of ${state.image}.`);
    const now = new Date().toISOString();
    return { site, started: now, ended: now, outcome: unchangedSince(state) };
  };
}

/** The rollout that was begun last, in whichever cluster. */
export function newestOf(sites: readonly Site[]): RolloutState | undefined {
  const states = sites.flatMap(({ state }) => state ?? []);
  return states.toSorted((a, b) => b.started.localeCompare(a.started))[0];
}

/** By the digest: registries may differ. */
export function isSameRelease(one: RolloutState, other: RolloutState): boolean {
  const release = ({ image }: RolloutState) => image.split('@')[1] ?? image;
  return release(one) === release(other);
}
