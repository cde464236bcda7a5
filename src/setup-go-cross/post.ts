import { getState } from '@actions/core';
import { type CacheState, save } from './cache/service.ts';
import { publishModules, type ShareState } from './cache/shared/modules.ts';

/** Names of the states that the main step leaves when there may be something to save, or to share. */
export const cacheStateName = 'slipway-cache';
export const shareStateName = 'slipway-share';

/** The post step: saves the caches, unless nothing is new in them. */
export async function post(signal: AbortSignal): Promise<void> {
  const shared = getState(shareStateName);
  if (shared !== '') await publishModules(JSON.parse(shared) as ShareState);
  const state = getState(cacheStateName);
  if (state !== '') await save(JSON.parse(state) as CacheState, signal);
}
