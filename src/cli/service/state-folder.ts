import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';
import type { Call } from '../call.ts';
import { lives, type Process, processOf } from './who-lives.ts';

/** Where a service keeps what it has to remember: --state, else what systemd made for it, else `slipway-NAME`. */
export function stateFolder({ given, env, directory }: Call, name: string): string {
  return resolve(directory, given.text('state') ?? (env['STATE_DIRECTORY'] || `slipway-${name}`));
}

/**
 * Makes the folder, and takes it for this process alone. In a working tree it ignores itself.
 *
 * @throws SlipwayError STATE_TAKEN while another process has it
 */
export async function takeState(folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeNew(join(folder, '.gitignore'), '*\n');
  const file = join(folder, 'taken.json');
  const own = JSON.stringify(await processOf(process.pid));
  while (!(await writeNew(file, own))) {
    const other = parse(await readIfThere(file));
    if (other !== undefined && other.pid !== process.pid && (await lives(other)))
      throw new SlipwayError('STATE_TAKEN', `${folder} is used by process ${other.pid}`, {
        hint: 'Nothing was begun. One folder is for one service: end that process, or give --state another folder.',
      });
    await rm(file, { force: true });
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

/** @returns false where it is there already */
async function writeNew(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** A file that a killed process left empty belongs to nobody. */
function parse(text: string | undefined): Process | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Process);
  } catch {
    return undefined;
  }
}
