// Where the lab keeps what it makes: never in the repository.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The cache folder: $SLIPWAY_CACHE, else $XDG_CACHE_HOME/slipway, else ~/.cache/slipway. Not created here. */
export function cacheRoot(env = process.env) {
  if (env.SLIPWAY_CACHE) return env.SLIPWAY_CACHE;
  // The XDG specification: a relative XDG_CACHE_HOME is invalid and is ignored.
  const base = env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(base, 'slipway');
}

/** GOCACHE of lab, tests and demo: one for all, since they compile much the same. Not created here. */
export const goBuildDir = () => join(cacheRoot(), 'go-build');

/** A path under CACHE/lab, the state of the running lab (pids, keys, logs). Not created here. */
export const labDir = (...parts) => join(cacheRoot(), 'lab', ...parts);
