import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** What no owner can be asked about (another machine made it) is rubbish when it is as old as no build gets. */
const abandonedAfter = 24 * 3_600_000;

/** Names this process in a file name: `1a2b3c4d-4711`, machine and process id. */
export const owner = `${machine()}-${process.pid}`;

/**
 * Makes a folder that carries its owner's name, e.g. `building-1a2b3c4d-4711-Xy12Zw`, and removes those of its kind whose
 * owner was killed; another run that is under way here keeps its own.
 */
export async function temporaryFolder(parent: string, prefix: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent, name => name.startsWith(prefix));
  return mkdtemp(join(parent, `${prefix}${owner}-`));
}

/** Removes the entries of a folder that killed runs left. */
export async function removeAbandoned(folder: string, isOurs: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(folder).catch(() => [])).filter(isOurs)) {
    const path = join(folder, name);
    if (await isAbandoned(path)) await rm(path, { recursive: true, force: true });
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const [, where, pid] = /([0-9a-f]{8})-(\d+)-/.exec(basename(path)) ?? [];
  if (where === machine()) return !isRunning(Number(pid));
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && found.mtimeMs < Date.now() - abandonedAfter;
}

/** Where a process id means the same process: this boot of this machine and this namespace of processes. */
function machine(): string {
  let place = `${hostname()} ${dirname(process.execPath)}`;
  try {
    place = `${hostname()} ${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    // not Linux
  }
  return createHash('sha256').update(place).digest('hex').slice(0, 8);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
