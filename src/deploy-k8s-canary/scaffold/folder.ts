import { lstat, realpath, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { readIfThere, writeAtomic } from '../../core/files.ts';

/** What scaffold wrote last, by file. Not *.yaml or *.json: `kubectl apply -f DIR` reads all of those. */
export const baseFile = '.scaffold';

/**
 * The folder of the manifests. One outside of the working directory is refused, also by a symbolic link.
 *
 * @returns its absolute path; it need not be there
 */
export async function folderIn(directory: string, wanted: string): Promise<string> {
  const folder = resolve(directory, wanted);
  if (!isInside(directory, folder)) throw outside(wanted, folder, directory);
  let there = folder;
  while ((await lstat(there).catch(() => undefined)) === undefined) there = dirname(there);
  const [top, real] = await Promise.all([realpath(directory), realpath(there)]);
  if (!isInside(top, real)) throw outside(wanted, real, top);
  return folder;
}

function isInside(top: string, path: string): boolean {
  const way = relative(top, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(top, way) === path;
}

function outside(wanted: string, path: string, top: string): SlipwayError {
  return new SlipwayError('SCAFFOLD_OUTSIDE', `directory "${wanted}" leads to ${path}, outside of ${top}`, {
    hint: 'Nothing was written. Name a folder inside the working directory, such as deploy.',
  });
}

/** The texts that scaffold wrote last; empty before the first time. */
export async function readBase(folder: string): Promise<Record<string, string>> {
  const text = await readIfThere(join(folder, baseFile));
  if (text === undefined) return {};
  try {
    const { files } = JSON.parse(text) as { files: Record<string, string> };
    if (Object.values(files).every(one => typeof one === 'string')) return files;
  } catch {
    // said below
  }
  throw new SlipwayError('SCAFFOLD_BASE', `${join(folder, baseFile)} is not what scaffold wrote`, {
    hint: 'It says what was generated, so that your changes can be told from it. Nothing was written. Take it back from git.',
  });
}

/** Each file's text, or undefined where it is not there. A symbolic link is not followed: nothing is read or written elsewhere. */
export async function readManifest(folder: string, name: string): Promise<string | undefined> {
  const file = join(folder, name);
  const found = await lstat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile())
    throw new SlipwayError('FILE_EXISTS', `${file} is no regular file`, {
      hint: 'Nothing was written. Move it away, or name another directory.',
    });
  return readIfThere(file);
}

/** Manifests first, what was generated last: a run cut short is repeated without a loss. */
export async function writeFolder(
  folder: string,
  texts: ReadonlyMap<string, string | undefined>,
  base: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of texts) {
    if (text === undefined) await rm(join(folder, name), { force: true });
    else await writeAtomic(join(folder, name), text);
  }
  const about = 'What slipway scaffold wrote last: it tells your changes from its own. Commit it, do not edit it.';
  await writeAtomic(join(folder, baseFile), `${JSON.stringify({ about, files: base }, null, 1)}\n`);
}
