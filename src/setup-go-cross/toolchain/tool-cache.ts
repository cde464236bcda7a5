import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { find, findAllVersions } from '@actions/tool-cache';
import { sleep } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import type { Toolchain } from '../../core/record/schema.ts';
import { diskProblem } from '../disk.ts';
import { formatGoVersion, parseGoVersion, toSemver, tryParseGoVersion } from '../go-version/go-version.ts';
import { canonical } from '../go-version/wanted.ts';
import { owner, removeAbandoned } from '../temporary.ts';
import { readInstallRecord, recordPath, treeHash, writeInstallRecord } from './install-record.ts';
import { isAsSeen, rememberSeen, stampOf } from './seen.ts';
import type { Fetched } from './source.ts';

/** A Go in the tool cache that may be used. */
export interface Cached {
  readonly goroot: string;
  readonly toolchain: Toolchain;
}

/** The runner's folder for tools; outside of a runner one in the user's cache. Set for @actions/tool-cache as well. */
export function toolCacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  const fallback = join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'slipway', 'tools');
  env['RUNNER_TOOL_CACHE'] ||= env['AGENT_TOOLSDIRECTORY'] || fallback;
  return env['RUNNER_TOOL_CACHE'];
}

/** Versions that lie there, by Go's names. */
export function cachedVersions(arch: string = process.arch): string[] {
  toolCacheRoot();
  return findAllVersions('go', arch)
    .map(name => tryParseGoVersion(name))
    .filter(version => version !== undefined)
    .map(version => formatGoVersion(canonical(version)));
}

/**
 * Looks a version up and checks every file against the hash that was recorded when it was installed; where the kernel
 * says that none has changed since the last such check, they are not read again. What differs is moved aside and not used. What somebody else put there, e.g. the runner's image, has no such hash and is recorded so.
 */
export async function findCached(version: string, arch: string = process.arch): Promise<Cached | undefined> {
  toolCacheRoot();
  const goroot = find('go', toSemver(parseGoVersion(version)), arch);
  if (goroot === '') return undefined;
  const record = await readInstallRecord(goroot);
  const problem = await problemOf(goroot, version, record);
  if (problem !== undefined) {
    log.warning(`${goroot} is not used: ${problem}. It is installed again.`);
    await discard(goroot);
    return undefined;
  }
  if (record !== undefined && record !== 'damaged') return { goroot, toolchain: record.toolchain };
  log.info(`${goroot} was put there by the runner's image or another action: there is no hash to check it against`);
  const naming = { prefix: '', module: false };
  const hash = await treeHash(goroot, naming);
  return { goroot, toolchain: { version: `go${version}`, source: 'tool-cache', verifiedBy: 'runner-image', hash } };
}

async function problemOf(
  goroot: string,
  version: string,
  record: Awaited<ReturnType<typeof readInstallRecord>>,
): Promise<string | undefined> {
  if (record === 'damaged') return `its record ${recordPath(goroot)} cannot be read`;
  const named = await versionFile(goroot);
  if (named !== `go${version}`) return `its file VERSION says "${named ?? 'nothing'}", not go${version}`;
  if (record === undefined) return undefined;
  const [at, stamp] = [Date.now(), stampOf(goroot)];
  if (await isAsSeen(goroot, record.tree, stamp)) return undefined;
  const found = await treeHash(goroot, record.naming);
  if (found !== record.tree) return `its files have the hash ${found}, at install it was ${record.tree}`;
  await rememberSeen(goroot, record.tree, stamp, at);
  return undefined;
}

/** Where a version goes: `go/1.26.8/x64`, as @actions/tool-cache lays it out. */
export function placeOf(version: string, arch: string = process.arch): string {
  return join(toolCacheRoot(), 'go', toSemver(parseGoVersion(version)), arch);
}

/** An empty folder on the same file system as the final place. What killed runs left there is removed. */
export async function staging(version: string, arch: string = process.arch): Promise<string> {
  const folder = `${placeOf(version, arch)}.${owner}-${randomUUID()}.part`;
  try {
    await mkdir(folder, { recursive: true });
    await removeAbandoned(dirname(folder), name => /\.(part|old)(\.scratch)?$/.test(name));
  } catch (error) {
    const hint = 'Set RUNNER_TOOL_CACHE to a folder that this user may write.';
    const disk = diskProblem(error, [['tool cache', toolCacheRoot()]], hint);
    if (disk !== undefined) throw disk;
    throw new SlipwayError('DISK', `the tool cache cannot be written: ${messageOf(error)}`, {
      hint,
      cause: error,
    });
  }
  return folder;
}

/**
 * Puts a fetched GOROOT in its place, whole or not at all. When another job was faster, its folder is used, unless nobody
 * verified it (`runner-image`): who got here did not want that one, or it was not there before.
 */
export async function place(
  version: string,
  staged: string,
  fetched: Fetched,
  arch: string = process.arch,
): Promise<Cached> {
  const goroot = placeOf(version, arch);
  const said = await versionFile(staged);
  if (said !== `go${version}`) {
    throw new SlipwayError(
      'TOOLCHAIN_MISMATCH',
      `${fetched.toolchain.source} is refused: it holds "${said ?? 'no VERSION'}", not go${version}`,
      { hint: 'The source serves another version under this name. Nothing was installed.' },
    );
  }
  for (let tries = 1; ; tries++) {
    await untilComplete(goroot);
    const other = (await exists(`${goroot}.complete`)) ? await findCached(version, arch) : undefined;
    if (other !== undefined && other.toolchain.verifiedBy !== 'runner-image') return other;
    await discard(goroot);
    try {
      await rename(staged, goroot);
      break;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (tries === 10 || !['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(code ?? '')) throw error;
      await sleep(100); // another job put its own there at this very moment
    }
  }
  await writeInstallRecord(recordPath(goroot), fetched);
  await writeFile(`${goroot}.complete`, '');
  return { goroot, toolchain: fetched.toolchain };
}

/** A folder without its mark is one that another job is about to finish, or that a killed one left: after 5 s the latter. */
async function untilComplete(goroot: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    if (!(await exists(goroot)) || (await exists(`${goroot}.complete`))) return;
    await sleep(100);
  }
}

/** Takes a GOROOT out of the cache: the mark first, so that nobody picks it up half gone. */
async function discard(goroot: string): Promise<void> {
  await rm(`${goroot}.complete`, { force: true });
  await rm(recordPath(goroot), { force: true });
  const aside = join(dirname(goroot), `${owner}-${randomUUID()}.old`);
  if (!(await exists(goroot))) return;
  await rename(goroot, aside);
  await rm(aside, { recursive: true, force: true });
}

/** First line of the file VERSION: `go1.26.8`. */
async function versionFile(goroot: string): Promise<string | undefined> {
  return (await readIfThere(join(goroot, 'VERSION')))?.split('\n')[0]?.trim();
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
