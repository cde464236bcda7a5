import { compare, parse, type SemVer } from 'semver';
import { type GitState, gitState, type NoGit } from './git.ts';

/** What is released: its version and the commit that it comes from. */
export interface Release {
  readonly version: string;
  /** `none`: no input and no repository; the version is then Go's zero pseudo-version. */
  readonly source: 'input' | 'tag' | 'pseudo-version' | 'none';
  /** Full git sha; undefined outside a repository. */
  readonly commit: string | undefined;
  /** ISO 8601, UTC. */
  readonly commitTime: string | undefined;
  /** Changed and untracked files; not empty means that the binaries do not come from the commit alone. */
  readonly changes: readonly string[];
  /** Why there is no commit. */
  readonly missing: NoGit | undefined;
}

export interface VersionOptions {
  /** A folder of the repository: that of go.mod. */
  readonly directory: string;
  /** The input `version`; empty means none. */
  readonly version?: string | undefined;
  /** Path of the main module; its `/v2` says which tags are its own. git is asked while it is still being found. */
  readonly module?: string | Promise<string>;
  /** Tag of the run (GITHUB_REF_NAME of a tag), taken when it is on HEAD and no tag there is a semantic version. */
  readonly runTag?: string;
  readonly signal?: AbortSignal;
}

/** What Go calls a module without version and revision. */
export const zeroPseudoVersion = 'v0.0.0-00010101000000-000000000000';

/**
 * The version is the input, else the tag on HEAD, else Go's pseudo-version; never `dev`.
 *
 * @throws SlipwayError GIT_DUBIOUS_OWNERSHIP
 */
export async function releaseVersion(options: VersionOptions): Promise<Release> {
  const [state, module] = await Promise.all([gitState(options.directory, options.signal), options.module]);
  const given = options.version?.trim() ?? '';
  if (typeof state === 'string') {
    return {
      version: given || zeroPseudoVersion,
      source: given === '' ? 'none' : 'input',
      commit: undefined,
      commitTime: undefined,
      changes: [],
      missing: state,
    };
  }
  const of = (version: string, source: Release['source']): Release => ({
    version,
    source,
    commit: state.commit,
    commitTime: state.commitTime,
    changes: state.changes,
    missing: undefined,
  });
  if (given !== '') return of(given, 'input');
  const tag = tagOnHead(state, options.runTag);
  if (tag !== undefined) return of(tag, 'tag');
  const dirty = state.changes.length > 0 ? '+dirty' : '';
  return of(pseudoVersion(state, majorOf(module)) + dirty, 'pseudo-version');
}

/** The highest semantic version on HEAD; `api/v1.2.3`, the tag of a module in a folder, counts without its folder. */
function tagOnHead(state: GitState, runTag: string | undefined): string | undefined {
  const best = highest(state.tagsOnHead.map(tag => tag.slice(tag.lastIndexOf('/') + 1)));
  if (best !== undefined) return best.raw;
  return runTag !== undefined && state.tagsOnHead.includes(runTag) ? runTag : undefined;
}

/** As Go makes it (https://go.dev/ref/mod#pseudo-versions): after the highest tag that is reachable. */
export function pseudoVersion(state: Pick<GitState, 'commit' | 'commitTime' | 'tags'>, major: number): string {
  const fits = (version: SemVer) => (major < 2 ? version.major < 2 : version.major === major);
  const base = highest(
    state.tags.filter(tag => {
      const version = parse(tag);
      return tag.startsWith('v') && version !== null && version.build.length === 0 && fits(version);
    }),
  );
  const stamp = `${state.commitTime.replaceAll(/[-:TZ]/g, '')}-${state.commit.slice(0, 12)}`;
  if (base === undefined) return `v${major < 2 ? 0 : major}.0.0-${stamp}`;
  if (base.prerelease.length > 0) return `v${base.version}.0.${stamp}`;
  return `v${base.major}.${base.minor}.${base.patch + 1}-0.${stamp}`;
}

function highest(tags: readonly string[]): SemVer | undefined {
  const versions = tags.map(tag => parse(tag)).filter(version => version !== null);
  return versions.sort(compare).at(-1);
}

/** 2 for `example.com/hello/v2`, 0 for a path without a major version. */
function majorOf(module: string | undefined): number {
  return Number(/\/v([2-9]|[1-9]\d+)$/.exec(module ?? '')?.[1] ?? 0);
}
