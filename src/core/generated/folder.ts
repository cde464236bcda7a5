import { lstat, realpath, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { readIfThere, writeAtomic } from '../files.ts';

/**
 * A folder of generated files. One outside of the working directory is refused, also by a symbolic link.
 *
 * @param by the command that writes it, for errors: `scaffold`
 * @returns its absolute path; it need not be there
 */
export async function folderIn(directory: string, wanted: string, by: string): Promise<string> {
  const folder = resolve(directory, wanted);
  if (!isInside(directory, folder)) throw outside(wanted, folder, directory, by);
  let there = folder;
  while ((await lstat(there).catch(() => undefined)) === undefined) there = dirname(there);
  const [top, real] = await Promise.all([realpath(directory), realpath(there)]);
  if (!isInside(top, real)) throw outside(wanted, real, top, by);
  return folder;
}

function isInside(top: string, path: string): boolean {
  const way = relative(top, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && resolve(top, way) === path;
}

function outside(wanted: string, path: string, top: string, by: string): SlipwayError {
  return new SlipwayError(`${by.toUpperCase()}_OUTSIDE`, `directory "${wanted}" leads to ${path}, outside of ${top}`, {
    hint: 'Nothing was written. Name a folder inside the working directory, such as deploy.',
  });
}

/**
 * The texts that a command wrote last, in its file `.COMMAND`; empty before the first time. Not *.yaml or *.json:
 * `kubectl apply -f DIR` reads all of those.
 */
export async function readBase(folder: string, by: string): Promise<Record<string, string>> {
  const file = join(folder, `.${by}`);
  const text = await readIfThere(file);
  if (text === undefined) return {};
  try {
    const { files } = JSON.parse(text) as { files: Record<string, string> };
    if (Object.values(files).every(one => typeof one === 'string')) return files;
  } catch {
    // said below
  }
  throw new SlipwayError(`${by.toUpperCase()}_BASE`, `${file} is not what ${by} wrote`, {
    hint: 'It says what was generated, so that your changes can be told from it. Nothing was written. Take it back from git.',
  });
}

/** Each file's text, or undefined where it is not there. A symbolic link is not followed: nothing is read or written elsewhere. */
export async function readGenerated(folder: string, name: string): Promise<string | undefined> {
  const file = join(folder, name);
  const found = await lstat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile())
    throw new SlipwayError('FILE_EXISTS', `${file} is no regular file`, {
      hint: 'Nothing was written. Move it away, or name another directory.',
    });
  return readIfThere(file);
}

/** The files first, what was generated last: a run cut short is repeated without a loss. */
export async function writeFolder(
  folder: string,
  texts: ReadonlyMap<string, string | undefined>,
  base: Readonly<Record<string, string>>,
  by: string,
): Promise<void> {
  for (const [name, text] of texts) {
    if (text === undefined) await rm(join(folder, name), { force: true });
    else await writeAtomic(join(folder, name), text);
  }
  const about = `What slipway ${by} wrote last: it tells your changes from its own. Commit it, do not edit it.`;
  await writeAtomic(join(folder, `.${by}`), `${JSON.stringify({ about, files: base }, null, 1)}\n`);
}
