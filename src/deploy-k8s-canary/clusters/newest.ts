import { log } from '../../core/log.ts';
import { ended } from '../last-rollout.ts';
import type { Task } from './done.ts';
import type { Site } from './sites.ts';

/**
 * `mode: rollback` of several clusters is about the release that was rolled out last. One that never got it, as a wave before
 * failed, is left alone: it would go back to what was before the release that all of them are to have.
 */
export function onlyNewest(sites: readonly Site[], task: Task): Task {
  const states = sites.flatMap(({ state }) => state ?? []);
  const newest = states.toSorted((a, b) => b.started.localeCompare(a.started))[0];
  return async site => {
    const { state, name } = site;
    if (state === undefined || newest === undefined || release(state.image) === release(newest.image))
      return task(site);
    log.info(`${name}: left alone, as it never got ${newest.image}; its last rollout was of ${state.image}.`);
    const now = new Date().toISOString();
    return { site, started: now, ended: now, outcome: ended(state, 'unchanged') };
  };
}

/** The digest: registries may differ. */
const release = (image: string) => image.split('@')[1] ?? image;
