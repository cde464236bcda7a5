import { createHash } from 'node:crypto';
import { lstatSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf } from '../../core/errors.ts';
import { readIfThere, writeAtomic } from '../../core/files.ts';
import { log } from '../../core/log.ts';

/**
 * What the file system says of every file below a folder: path, kind, size, inode and change time. The kernel sets the
 * change time whenever a file's bytes, name or rights change, and nobody else can (utimes changes mtime only); git's index
 * stands on the same.
 */
export interface Stamp {
  /** Hex sha256 of it all. */
  readonly sum: string;
  /** The latest change, in milliseconds since the epoch. */
  readonly newest: number;
}

const Seen = v.object({ tree: v.string(), stamp: v.string() });

/** A file that changes within the clock's tick of its last change keeps its change time: so much older it must be. */
const settled = 2000;

export function stampOf(folder: string): Stamp {
  const hash = createHash('sha256');
  let newest = 0;
  const folders = [''];
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    const lines = [`${current}/`];
    for (const name of readdirSync(folder + current).sort()) {
      const path = `${current}/${name}`;
      const { mode, size, ino, dev, ctimeMs } = lstatSync(folder + path);
      if ((mode & 0o170000) === 0o040000) folders.push(path);
      if (ctimeMs > newest) newest = ctimeMs;
      lines.push(`${JSON.stringify(name)} ${mode} ${size} ${ino} ${dev} ${ctimeMs}`);
    }
    hash.update(`${lines.join('\n')}\n`);
  }
  return { sum: hash.digest('hex'), newest };
}

/** Whether every file is as it was when this very tree was last hashed whole, by this user on this machine. */
export async function isAsSeen(goroot: string, tree: string, stamp: Stamp): Promise<boolean> {
  const text = isOwn(goroot) ? await readIfThere(placeOf(goroot)) : undefined;
  if (text === undefined) return false;
  try {
    const seen = v.parse(Seen, JSON.parse(text));
    return seen.tree === tree && seen.stamp === stamp.sum;
  } catch {
    return false;
  }
}

/** Remembers a tree that was just hashed; `stamp` was taken before, at `at` (milliseconds since the epoch). */
export async function rememberSeen(goroot: string, tree: string, stamp: Stamp, at: number): Promise<void> {
  if (!isOwn(goroot) || stamp.newest > at - settled) return;
  try {
    await mkdir(folder(), { recursive: true, mode: 0o700 });
    await writeAtomic(placeOf(goroot), `${JSON.stringify({ tree, stamp: stamp.sum })}\n`);
  } catch (error) {
    log.debug(`the check of ${goroot} is not remembered: ${messageOf(error)}`); // it is made again next time
  }
}

/** In a folder that others may write too (`toolchain-dir`), on a network file system say, every file is read each time. */
function isOwn(goroot: string): boolean {
  const { mode, uid } = lstatSync(goroot);
  return process.getuid !== undefined && uid === process.getuid() && (mode & 0o022) === 0;
}

/** In the user's own folder, not beside the tool cache: who may write there must not be believed. */
const folder = () => join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'slipway', 'seen');
const placeOf = (goroot: string) => join(folder(), `${createHash('sha256').update(goroot).digest('hex')}.json`);
