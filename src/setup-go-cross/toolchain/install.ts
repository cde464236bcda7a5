import { mkdir, rm } from 'node:fs/promises';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
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

/**
 * Gets a verified Go: from the tool cache, else from the sources in order. A source that is not there is passed over;
 * one that gives wrong bytes ends everything.
 *
 * @throws SlipwayError TOOLCHAIN_UNAVAILABLE, with what each source said
 */
export async function install(wanted: Wanted, sources: readonly Source[], signal: AbortSignal): Promise<Installed> {
  const asked = nameOf(wanted);
  log.info(`Go ${asked} is wanted (${wanted.why})`);
  const failures: string[] = [];
  const version = await resolve(wanted, sources, failures, signal);
  if (version !== undefined) {
    const cached = await findCached(version);
    if (cached !== undefined) return { ...cached, version, cached: true };
    for (const source of sources) {
      const fetched = await tryFetch(source, version, failures, signal);
      if (fetched !== undefined) return { ...fetched, version, cached: false };
    }
  }
  throw new SlipwayError('TOOLCHAIN_UNAVAILABLE', `Go ${asked} (${wanted.why}) cannot be had: ${failures.join('; ')}`, {
    hint: 'Check the version, the network, GOPROXY and go-download-base-url.',
  });
}

/** For a range the tool cache is asked first, as setup-go does; `stable` is what the sources call newest. */
async function resolve(wanted: Wanted, sources: readonly Source[], failures: string[], signal: AbortSignal) {
  if (wanted.kind === 'exact') return wanted.version;
  const local = choose(wanted, cachedVersions());
  if (wanted.kind === 'range' && local !== undefined) return local;
  for (const source of sources) {
    const versions = await ifThere(() => source.versions(signal), source, failures);
    const found = versions && choose(wanted, versions);
    if (found !== undefined) return found;
    if (versions !== undefined) failures.push(`${source.name} has none that fits`);
  }
  if (local !== undefined) log.warning(`no source tells the newest Go; ${local} of the tool cache is taken`);
  return local;
}

async function tryFetch(source: Source, version: string, failures: string[], signal: AbortSignal) {
  const staged = await staging(version);
  const scratch = `${staged}.scratch`;
  try {
    await mkdir(scratch);
    const fetched = await ifThere(() => source.fetch(version, staged, scratch, signal), source, failures);
    if (fetched === undefined) return undefined;
    const { verifiedBy, hash } = fetched.toolchain;
    log.info(
      `Go ${version} is verified by ${verifiedBy === 'sha256' ? 'the index’s sha256' : 'the checksum database'}: ${hash}`,
    );
    return await place(version, staged, fetched);
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
