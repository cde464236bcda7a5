import { getState } from '@actions/core';
import { type CacheState, save } from './cache/service.ts';

/** Name of the state that the main step leaves when there may be something to save. */
export const cacheStateName = 'slipway-cache';

/** The post step: saves the caches, unless nothing is new in them. */
export async function post(signal: AbortSignal): Promise<void> {
  const state = getState(cacheStateName);
  if (state !== '') await save(JSON.parse(state) as CacheState, signal);
}
