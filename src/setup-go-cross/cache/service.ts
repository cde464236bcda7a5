import { join } from 'node:path';
import { deadline } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { formatDuration } from '../../core/units.ts';
import { countFiles } from './count.ts';
import type { Keys } from './key.ts';

/** The two folders worth keeping. Module directories are not: they are read-only and come from the downloads in a second. */
export function cachePaths({ GOMODCACHE, GOCACHE }: { GOMODCACHE: string; GOCACHE: string }): string[] {
  return [join(GOMODCACHE, 'cache', 'download'), GOCACHE];
}

/** Whether the runner offers its cache service. Asked without loading the client. */
export function hasCacheService(env: NodeJS.ProcessEnv): boolean {
  const url = env['ACTIONS_CACHE_SERVICE_V2'] ? env['ACTIONS_RESULTS_URL'] : env['ACTIONS_CACHE_URL'];
  return Boolean(url || env['ACTIONS_RESULTS_URL']) && Boolean(env['ACTIONS_RUNTIME_TOKEN']);
}

/** What the post step needs to know. */
export interface CacheState {
  readonly paths: readonly string[];
  readonly key: string;
  /** Files that were there after the restore: when no more are there at the end, nothing is saved. */
  readonly files: number;
}

const restoreWithin = 120_000;
const saveWithin = 600_000;

/** Restores what fits best. A service that fails or is slow costs no more than the deadline: the build goes on cold. */
export async function restore(
  paths: readonly string[],
  keys: Keys,
  signal: AbortSignal,
): Promise<{ hit: string | undefined; state: CacheState }> {
  const started = Date.now();
  let hit: string | undefined;
  try {
    const { restoreCache } = await import('@actions/cache');
    hit = await within(restoreWithin, 'restoring the cache', signal, () =>
      restoreCache([...paths], keys.save, [...keys.restore], { segmentTimeoutInMs: restoreWithin }),
    );
  } catch (error) {
    signal.throwIfAborted();
    log.warning(`the cache was not restored, the build goes on without: ${messageOf(error)}`);
  }
  log.info(hit === undefined ? 'no cache fits' : `cache ${hit} restored in ${formatDuration(Date.now() - started)}`);
  return { hit, state: { paths, key: keys.save, files: await countFiles(paths) } };
}

/** Saves the caches when something is new in them. */
export async function save({ paths, key, files }: CacheState): Promise<void> {
  const now = await countFiles(paths);
  if (now <= files) return log.info(`nothing is new in the caches (${now} files): nothing is saved`);
  const { saveCache } = await import('@actions/cache');
  // The list of paths is part of a cache's identity: it must be the one that restore asks for.
  const id = await within(saveWithin, 'saving the cache', new AbortController().signal, () =>
    saveCache([...paths], key),
  );
  // The client turns a failure into a warning of its own and answers -1.
  if (id >= 0) log.info(`cache saved as ${key} (${now - files} new files)`);
}

async function within<T>(ms: number, doing: string, signal: AbortSignal, task: () => Promise<T>): Promise<T> {
  using limited = deadline(ms, doing, signal);
  return Promise.race([
    task(),
    new Promise<never>((_, reject) => limited.addEventListener('abort', () => reject(limited.reason), { once: true })),
  ]);
}
