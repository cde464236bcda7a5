import { glob, lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, posix, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { sha256File } from '../../core/files.ts';
import type { Entry } from '../../core/tar.ts';
import { checkName, type FileRule } from './parse.ts';

/**
 * The files of the input `files` as entries of a layer, sorted by path; folders on the way are not among them. Nothing
 * is read from outside of the working directory, or of the folder that an absolute SRC names.
 */
export async function collectFiles(
  rules: readonly FileRule[],
  directory: string,
  signal: AbortSignal,
): Promise<Entry[]> {
  const found = new Map<string, Entry>();
  for (const rule of rules) {
    for (const entry of await entriesOf(rule, directory, signal)) {
      const name = entry.name.replace(/\/$/, '');
      const before = found.get(name);
      const both = before?.name.endsWith('/') && entry.name.endsWith('/');
      if (before !== undefined && !both) {
        throw new SlipwayError('FILES_CONFLICT', `input "files": two sources are for /${name}`, {
          hint: 'Give each its own DEST.',
        });
      }
      found.set(name, entry);
    }
  }
  const sorted = [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name } of sorted) {
    const blocked = parentsOf(name).find(parent => {
      const above = found.get(parent.slice(0, -1));
      return above !== undefined && !above.name.endsWith('/');
    });
    if (blocked === undefined) continue;
    throw new SlipwayError('FILES_CONFLICT', `input "files": /${name} lies below /${blocked.slice(0, -1)}, no folder`, {
      hint: 'Give each its own DEST.',
    });
  }
  return sorted;
}

/** `a/b/c` gives `a/`, `a/b/`. */
export function parentsOf(name: string): string[] {
  const parts = name.replace(/\/$/, '').split('/').slice(0, -1);
  return parts.map((_, index) => `${parts.slice(0, index + 1).join('/')}/`);
}

async function entriesOf(rule: FileRule, directory: string, signal: AbortSignal): Promise<Entry[]> {
  const sources = await sourcesOf(rule, directory);
  const many = rule.into || sources.length > 1 || isGlob(rule.source);
  const all: Entry[] = [];
  for (const path of sources) {
    const inside = await realpath(path).catch(() => path);
    if (!isAbsolute(rule.source)) mustBeInside(inside, await realpath(directory), path);
    const info = await lstat(inside).catch(() => undefined);
    // As of COPY: the content of a folder, but of several each under its own name.
    const name = info?.isDirectory() && sources.length === 1 && !isGlob(rule.source) ? '' : basename(path);
    const to = many ? posix.join(rule.destination, name) : rule.destination;
    all.push(...(await walk(inside, inside, to, rule, signal)));
  }
  return all;
}

const isGlob = (source: string) => /[*?[{]/.test(source);

async function sourcesOf({ source }: FileRule, directory: string): Promise<string[]> {
  const exact = resolve(directory, source);
  if (await lstat(exact).catch(() => undefined)) return [exact];
  const found = isGlob(source) ? (await Array.fromAsync(glob(source, { cwd: directory }))).sort() : [];
  if (found.length > 0) return found.map(path => resolve(directory, path));
  throw new SlipwayError('FILES_MISSING', `input "files": nothing fits "${source}" in ${directory}`, {
    hint: 'Make the files in a step before, or correct the path.',
  });
}

/** @param top the folder that links must not leave */
async function walk(path: string, top: string, to: string, rule: FileRule, signal: AbortSignal): Promise<Entry[]> {
  signal.throwIfAborted();
  checkName(to);
  const info = await lstat(path);
  if (info.isDirectory()) {
    const names = (await readdir(path)).sort();
    const below = [];
    for (const name of names) below.push(...(await walk(join(path, name), top, posix.join(to, name), rule, signal)));
    return to === '' || to === '.' ? below : [{ name: `${to}/`, mode: 0o755 }, ...below];
  }
  if (to === '' || to === '.') {
    throw new SlipwayError('FILES_INVALID', `input "files": ${path} is a file, and DEST is "/"`, {
      hint: 'End DEST with the name that the file gets.',
    });
  }
  if (info.isSymbolicLink()) return [{ name: to, mode: 0o777, link: await linkOf(path, top) }];
  if (!info.isFile()) {
    throw new SlipwayError('FILES_SPECIAL', `input "files": ${path} is neither a file, a folder nor a link`, {
      hint: 'Sockets, pipes and devices cannot be in an image.',
    });
  }
  const mode = rule.mode ?? (info.mode & 0o100 ? 0o755 : 0o644);
  return [{ name: to, mode, content: { path, sha256: await sha256File(path, signal) } }];
}

/** A link within the folder stays one; what it names must lie in the folder too, link by link. */
async function linkOf(path: string, top: string): Promise<NonNullable<Entry['link']>> {
  const target = await readlink(path);
  const end = isAbsolute(target) ? undefined : await realpath(path).catch(() => undefined);
  if (end === undefined) {
    throw new SlipwayError('FILES_LINK', `input "files": the link ${path} to ${target} is absolute or leads nowhere`, {
      hint: 'Copy what it stands for, or make it relative to a file of the same folder.',
    });
  }
  mustBeInside(end, top, path);
  // Also on the way: below DEST the folder has another name, so out and in again would lead elsewhere.
  let way = dirname(path);
  for (const part of target.split(sep)) {
    way = join(way, part);
    mustBeInside(way, top, path);
  }
  return { kind: 'symbolic', target: target.split(sep).join('/') };
}

function mustBeInside(path: string, top: string, from: string): void {
  const way = relative(top, path);
  if (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return;
  throw new SlipwayError('FILES_ESCAPE', `input "files": ${from} leads to ${path}, outside of ${top}`, {
    hint: 'Only what lies in the working directory, or in the folder of an absolute SRC, gets into the image.',
  });
}
