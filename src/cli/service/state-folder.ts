import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { readIfThere, writeAtomic } from '../../core/files.ts';
import type { Call } from '../call.ts';
import { lives, type Process, processOf } from './who-lives.ts';

/** Where a service keeps what it has to remember: --state, else what systemd made for it, else `slipway-NAME`. */
export function stateFolder({ given, env, directory }: Call, name: string): string {
  return resolve(directory, given.text('state') ?? (env['STATE_DIRECTORY'] || `slipway-${name}`));
}

/**
 * Makes the folder, and takes it for this process alone. In a working tree it ignores itself.
 *
 * Each says first that it is there, by a file of its own, and looks at the others then: of two that come at the same moment
 * at least one sees the other, whatever a killed one left. Half a file that one has left is swept away.
 *
 * @throws SlipwayError STATE_TAKEN while another process has it
 */
export async function takeState(folder: string): Promise<AsyncDisposable> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await ignoreItself(join(folder, '.gitignore'));
  const own = `taken-${randomUUID()}.json`;
  await writeAtomic(join(folder, own), JSON.stringify(await processOf(process.pid)), 0o600);
  const leave = () => rm(join(folder, own), { force: true });
  try {
    const names = (await readdir(folder)).filter(name => /^taken.*\.json$/.test(name) && name !== own);
    for (const name of names) await passBy(folder, name);
    for (const name of await readdir(folder)) if (name.endsWith('.part')) await rm(join(folder, name), { force: true });
    return { [Symbol.asyncDispose]: leave };
  } catch (error) {
    await leave();
    throw error;
  }
}

/** Takes away what a process left that is gone. */
async function passBy(folder: string, name: string): Promise<void> {
  const other = parse(await readIfThere(join(folder, name)));
  if (other === undefined || other.pid === process.pid || !(await lives(other)))
    return rm(join(folder, name), { force: true });
  throw new SlipwayError('STATE_TAKEN', `${folder} is used by process ${other.pid}`, {
    hint: 'Nothing was begun. One folder is for one service: end that process, or give --state another folder.',
  });
}

async function ignoreItself(file: string): Promise<void> {
  try {
    await writeFile(file, '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What is damaged belongs to nobody. */
function parse(text: string | undefined): Process | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Process);
  } catch {
    return undefined;
  }
}
