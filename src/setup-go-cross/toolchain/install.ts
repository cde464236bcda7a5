import { mkdir, rm } from 'node:fs/promises';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { compareGo, parseGoVersion } from '../go-version/go-version.ts';
import { choose, nameOf, type Wanted } from '../go-version/wanted.ts';
import { unavailable } from './http.ts';
import type { Source } from './source.ts';
import { type Cached, cachedVersions, findCached, place, staging } from './tool-cache.ts';

export interface Installed extends Cached {
  /** `1.26.8`. */
  readonly version: string;
  /** Whether it already lay in the tool cache. */
  readonly cached: boolean;
}

/** The place of the tool cache in the order of the sources. */
export const toolCache = 'tool-cache';
export type Sources = readonly (Source | typeof toolCache)[];

export interface InstallOptions {
  /** Node's name: the tool cache has a folder for each. */
  readonly arch?: string;
  /** Asks the sources for the newest that fits, also where the tool cache has one that fits. */
  readonly checkLatest?: boolean;
}

/**
 * Gets a verified Go from the sources in order, the tool cache among them. A source that is not there is passed over;
 * one that gives wrong bytes ends everything.
 *
 * @throws SlipwayError TOOLCHAIN_UNAVAILABLE, with what each source said
 */
export async function install(
  wanted: Wanted,
  sources: Sources,
  signal: AbortSignal,
  { arch = process.arch, checkLatest = false }: InstallOptions = {},
): Promise<Installed> {
  const asked = nameOf(wanted);
  log.info(`Go ${asked} is wanted (${wanted.why})`);
  const failures: string[] = [];
  const version = await resolve(wanted, sources, { arch, checkLatest }, failures, signal);
  if (version !== undefined) {
    for (const source of sources) {
      const cached = source === toolCache;
      const got = cached ? await findCached(version, arch) : await tryFetch(source, version, arch, failures, signal);
      if (got !== undefined) return { ...got, version, cached };
      if (cached) failures.push(`the tool cache has no go${version}`);
    }
  }
  const newest = wanted.kind === 'exact' ? await newestOf(sources, signal) : undefined;
  const isNewer = newest !== undefined && compareGo(parseGoVersion(version!), parseGoVersion(newest)) > 0;
  const said = newest === undefined ? '' : `; the newest that can be had is ${newest}`;
  throw new SlipwayError(
    'TOOLCHAIN_UNAVAILABLE',
    `Go ${asked} (${wanted.why}) cannot be had: ${failures.join('; ')}${said}`,
    {
      hint: isNewer
        ? `Ask for ${newest} or an older one in ${wanted.why}, or add a source that has go${version} (toolchain-sources, goproxy, go-download-base-url).`
        : 'Check the version, the network, toolchain-sources, GOPROXY and go-download-base-url.',
    },
  );
}

/** The newest release that any source has, for the error: a source that does not answer has said so already. */
async function newestOf(sources: Sources, signal: AbortSignal): Promise<string | undefined> {
  const lists = await Promise.all(
    sources.map(source => (source === toolCache ? [] : source.versions(signal).catch(() => []))),
  );
  signal.throwIfAborted();
  return choose({ kind: 'stable', why: 'error' }, lists.flat());
}

/** For a range the tool cache may decide, as in setup-go; `stable` is what the other sources call newest. */
async function resolve(
  wanted: Wanted,
  sources: Sources,
  { arch, checkLatest }: Required<InstallOptions>,
  failures: string[],
  signal: AbortSignal,
) {
  if (wanted.kind === 'exact') return wanted.version;
  const local = sources.includes(toolCache) ? choose(wanted, cachedVersions(arch)) : undefined;
  for (const source of sources) {
    if (source === toolCache) {
      if (wanted.kind === 'range' && !checkLatest && local !== undefined) return local;
      continue;
    }
    const versions = await ifThere(() => source.versions(signal), source, failures);
    const found = versions && choose(wanted, versions);
    if (found !== undefined) return found;
    if (versions !== undefined) failures.push(`${source.name} has none that fits`);
  }
  if (local !== undefined) log.warning(`no source tells the newest Go; ${local} of the tool cache is taken`);
  return local;
}

async function tryFetch(source: Source, version: string, arch: string, failures: string[], signal: AbortSignal) {
  const staged = await staging(version, arch);
  const scratch = `${staged}.scratch`;
  try {
    await mkdir(scratch);
    const fetched = await ifThere(() => source.fetch(version, staged, scratch, signal), source, failures);
    if (fetched === undefined) return undefined;
    const { verifiedBy, hash } = fetched.toolchain;
    log.info(
      `Go ${version} is verified by ${verifiedBy === 'sha256' ? 'the index’s sha256' : 'the checksum database'}: ${hash}`,
    );
    return await place(version, staged, fetched, arch);
  } finally {
    await rm(scratch, { recursive: true, force: true });
    await rm(staged, { recursive: true, force: true });
  }
}

async function ifThere<T>(ask: () => Promise<T>, source: Source, failures: string[]): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== unavailable) throw error;
    const said = `${source.name} is passed over: ${error.message}`;
    if (!failures.includes(said)) {
      log.info(said);
      failures.push(said);
    }
    return undefined;
  }
}
