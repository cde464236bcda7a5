import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { formatDuration } from '../../core/units.ts';
import { callClient } from './client.ts';
import { countFiles } from './count.ts';
import type { Keys } from './key.ts';
import { countIndexes } from './module-index.ts';
import { backdate, type Folders, removeAside, removeSince, setAside, unused } from './working-set.ts';

/** The two folders worth keeping. Module directories are not: they are read-only and come from the downloads in a second. */
export function cacheFolders({ GOMODCACHE, GOCACHE }: { GOMODCACHE: string; GOCACHE: string }): Folders {
  return { downloads: join(GOMODCACHE, 'cache', 'download'), build: GOCACHE };
}

/** Whether the runner offers its cache service. Asked without loading the client. */
export function hasCacheService(env: NodeJS.ProcessEnv): boolean {
  const url = env['ACTIONS_CACHE_SERVICE_V2'] ? env['ACTIONS_RESULTS_URL'] : env['ACTIONS_CACHE_URL'];
  return Boolean(url || env['ACTIONS_RESULTS_URL']) && Boolean(env['ACTIONS_RUNTIME_TOKEN']);
}

/** What the post step needs to know. */
export interface CacheState {
  readonly folders: Folders;
  readonly key: string;
  /** Files that are worth keeping, after the restore: when no more are there at the end, nothing is saved. */
  readonly files: number;
  /** When the restore was over, milliseconds of the epoch. */
  readonly since: number;
  /** Whether the machine had caches of its own before: what this job did not use may be another's, and stays. */
  readonly own: boolean;
}

/** A service that takes the connection and then nothing more must not keep the runner. */
const saveWithin = 600_000;

/**
 * Restores what fits best. A service that fails or is slow costs no more than the deadline `within`: the build goes on
 * cold, and nothing of a half unpacked cache is left.
 */
export async function restore(
  folders: Folders,
  keys: Keys,
  within: number,
  signal: AbortSignal,
): Promise<{ hit: string | undefined; state: CacheState }> {
  const paths = pathsOf(folders);
  await removeAside(folders);
  const own = (await countFiles(paths)) > 0;
  const started = Date.now();
  let hit: string | undefined;
  try {
    const call = { paths, key: keys.save, restore: keys.restore };
    hit = (await callClient(call, within, signal)) || undefined;
  } catch (error) {
    // A file that tar had open has the right name and half of its content. A clock of another machine may be behind.
    await removeSince(paths, started - 2000);
    signal.throwIfAborted();
    log.warning(`the cache was not restored, the build goes on without: ${messageOf(error)}`);
  }
  log.info(hit === undefined ? 'no cache fits' : `cache ${hit} restored in ${formatDuration(Date.now() - started)}`);
  const since = Date.now();
  await backdate(folders.build, since);
  return { hit, state: { folders, key: keys.save, files: await countWorth(folders), since, own } };
}

/** Saves exactly what this job used, when something is new in it. */
export async function save(
  { folders, key, files, since, own }: CacheState,
  signal: AbortSignal,
  within = saveWithin,
): Promise<void> {
  const paths = pathsOf(folders);
  const now = await countWorth(folders);
  if (now <= files) return log.info(`nothing is new in the caches (${now} files): nothing is saved`);
  const left = await unused(folders, since);
  const bringBack = await setAside(folders, left);
  try {
    const id = await callClient({ paths, key }, within, signal);
    if (id !== '') log.info(`cache saved as ${key} (${now - files} new files, ${left.length} unused ones left out)`);
  } finally {
    if (own) await bringBack();
    await removeAside(folders);
  }
}

/** Without the index of packages: it is new in every checkout. */
async function countWorth(folders: Folders): Promise<number> {
  const [all, indexes] = await Promise.all([countFiles(pathsOf(folders)), countIndexes(folders.build)]);
  return all - indexes;
}

const pathsOf = ({ downloads, build }: Folders) => [downloads, build];
