import { existsSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { messageOf, SlipwayError } from '../core/errors.ts';
import { outputFolder } from '../core/record/files.ts';
import { formatSize } from '../core/units.ts';

/** What a folder is for, and its path: `['GOCACHE', '/root/.cache/go-build']`. */
export type Place = readonly [what: string, path: string | undefined];

/** Codes of the system that mean "this cannot be written here", in words. */
const reasons: Record<string, string> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'no permission',
};

/**
 * An error of the file system as one that names the path, and says how much is free where; undefined for any other.
 * The system does not name the path when a write fails: then what is free shows which place it was.
 */
export function diskProblem(error: unknown, places: readonly Place[], hint?: string): SlipwayError | undefined {
  const { code, path, dest } = error as NodeJS.ErrnoException & { dest?: string };
  const reason = code === undefined ? undefined : reasons[code];
  if (reason === undefined || error instanceof SlipwayError) return undefined;
  const where = dest ?? path;
  const known: readonly Place[] = where === undefined ? places : [['there', where], ...places];
  return new SlipwayError(
    'DISK',
    `${where === undefined ? messageOf(error) : `${where} cannot be written: ${reason}`}; free: ${freeSpace(known)}`,
    { hint: hint ?? 'Free some space, or let RUNNER_TEMP, GOCACHE or the output lie on a larger disk.', cause: error },
  );
}

/** `GOCACHE (/c) 3.2 MB and 812 files; …`: what still fits into each place. */
export function freeSpace(places: readonly Place[]): string {
  const said = places.flatMap(([what, path]) => {
    if (path === undefined || path === '') return [];
    const { bavail, bsize, ffree, files } = statfsSync(nearest(path));
    const inodes = files === 0 ? '' : ` and ${ffree} files`; // some file systems (btrfs) do not count them
    return [`${what} (${path}) ${formatSize(bavail * bsize)}${inodes}`];
  });
  return said.join('; ');
}

/** Those of the places where nothing can be written any more. */
export function fullPlaces(places: readonly Place[]): Place[] {
  return places.filter(([, path]) => {
    if (path === undefined || path === '') return false;
    const { bavail, bsize, ffree, files } = statfsSync(nearest(path));
    return bavail * bsize < 100_000 || (files > 0 && ffree < 10);
  });
}

/** Does a task; what the file system refuses is explained, with what is free in the places that this action writes. */
export async function explainingDisk<T>(directory: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const places: Place[] = [
      ['output', join(directory, outputFolder)],
      ['temporary files', tmpdir()],
      ['GOCACHE', process.env['GOCACHE']],
      ['tool cache', process.env['RUNNER_TOOL_CACHE']],
    ];
    throw diskProblem(error, places) ?? error;
  }
}

/** The path itself, or the first folder above it that is there. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}
