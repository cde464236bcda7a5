import { resolve } from 'node:path';
import { hasCacheService } from './service.ts';

export type CacheSetting = 'auto' | 'true' | 'false';

/** Where build results are kept between runs. */
export type CachePlan =
  | { readonly kind: 'none'; readonly why: string }
  /** A folder that outlives the job and that many builders share. */
  | { readonly kind: 'folder'; readonly root: string }
  | { readonly kind: 'service' };

/**
 * `auto` uses the runner's service where there is one, but not in a run for a tag or for `pull_request_target`: a release
 * must not be built from what another run left in the cache.
 */
export function planCache(
  setting: CacheSetting,
  folder: string | undefined,
  directory: string,
  env: NodeJS.ProcessEnv,
): CachePlan {
  if (setting === 'false') return { kind: 'none', why: 'cache: false' };
  if (folder !== undefined && folder !== '') return { kind: 'folder', root: resolve(directory, folder) };
  if (!hasCacheService(env)) return { kind: 'none', why: 'this runner has no cache service' };
  if (setting === 'auto' && (env['GITHUB_REF_TYPE'] === 'tag' || env['GITHUB_EVENT_NAME'] === 'pull_request_target'))
    return { kind: 'none', why: 'cache: auto leaves runs for a tag and for pull_request_target uncached' };
  return { kind: 'service' };
}
