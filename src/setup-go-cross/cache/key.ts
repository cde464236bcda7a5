import { createHash } from 'node:crypto';

/** Everything that makes cached build results usable or not. */
export interface KeyParts {
  /** `linux-amd64`. */
  readonly host: string;
  readonly goVersion: string;
  readonly targets: readonly string[];
  readonly cgo: string;
  /** tags, -trimpath, GOFLAGS, GOEXPERIMENT. */
  readonly flags: readonly string[];
  /** Of go.mod, go.sum, go.work, go.work.sum or what `cache-dependency-path` names. */
  readonly dependencies: string;
  /** Makes the key new in every run: caches cannot be overwritten, so the key rolls. */
  readonly run: string;
}

export interface Keys {
  readonly save: string;
  /** Prefixes, best first. */
  readonly restore: readonly string[];
}

/** A rolling key: the same dependencies first, then the same Go, targets and flags; never another Go version. */
export function cacheKeys({ host, goVersion, targets, cgo, flags, dependencies, run }: KeyParts): Keys {
  const build = short(JSON.stringify([[...targets].sort(), cgo, flags]));
  const prefix = `slipway-go-v1-${host}-go${goVersion}-${build}-`;
  const exact = `${prefix}${dependencies.slice(0, 16)}-`;
  return { save: `${exact}${run}`, restore: [exact, prefix] };
}

const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);
