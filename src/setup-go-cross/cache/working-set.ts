import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import pMap from 'p-map';

/** The two folders of the go command that are kept between runs. */
export interface Folders {
  /** GOMODCACHE/cache/download. */
  readonly downloads: string;
  /** GOCACHE. */
  readonly build: string;
}

const hour = 3_600_000;

/**
 * Makes every entry of the build cache at least two hours old. The go command refreshes an entry that it uses when it
 * is older than one hour: what is still old at the end was not used. Older ones stay as old as they are, so that Go's
 * own trim of entries that nobody used for five days goes on working.
 */
export async function backdate(build: string, now = Date.now()): Promise<void> {
  const until = new Date(now - 2 * hour);
  await pMap(
    await entries(build),
    async path => {
      const { mtime } = await stat(path);
      if (mtime > until) await utimes(path, until, until);
    },
    { concurrency: 32 },
  );
}

/**
 * What this job did not use: entries of the build cache that are still old, and module archives that were never
 * unpacked (module folders are not restored, so one that is there was made by this job).
 *
 * @param since when `backdate` ran
 */
export async function unused({ downloads, build }: Folders, since: number): Promise<string[]> {
  const paths = await entries(build);
  const fresh = new Set<string>();
  await pMap(
    paths,
    async path => {
      if ((await stat(path)).mtimeMs >= since - hour) fresh.add(path);
    },
    { concurrency: 32 },
  );
  // An action can be asked for without its output; without it the action would be worth nothing next time.
  for (const path of paths.filter(one => one.endsWith('-a') && fresh.has(one))) {
    const output = outputOf(build, await readFile(path, 'latin1'));
    if (output !== undefined) fresh.add(output);
  }
  return [...paths.filter(path => !fresh.has(path)), ...(await packedModules(downloads))];
}

/** `xx/HASH-a` (actions) and `xx/HASH-d` (outputs, for a cached program a folder). */
export async function entries(build: string): Promise<string[]> {
  const found: string[] = [];
  for (const folder of await names(build)) {
    if (!/^[0-9a-f]{2}$/.test(folder)) continue;
    for (const name of await names(join(build, folder)))
      if (/^[0-9a-f]{64}-[ad]$/.test(name)) found.push(join(build, folder, name));
  }
  return found;
}

/** An action is the line `v1 ACTION OUTPUT SIZE TIME`. */
export function outputOf(build: string, action: string): string | undefined {
  const output = /^v1 [0-9a-f]{64} ([0-9a-f]{64}) /.exec(action)?.[1];
  return output && join(build, output.slice(0, 2), `${output}-d`);
}

/** `example.com/m/@v/v1.0.0.zip` is unpacked as `GOMODCACHE/example.com/m@v1.0.0`. */
async function packedModules(downloads: string): Promise<string[]> {
  const root = dirname(dirname(downloads));
  const all = await readdir(downloads, { recursive: true }).catch(absent);
  const found: string[] = [];
  for (const path of all.filter(one => /[/\\]@v[/\\][^/\\]+\.zip$/.test(one))) {
    const folder = `${dirname(dirname(path))}@${basename(path, '.zip')}`;
    if (await stat(join(root, folder)).catch(() => undefined)) continue;
    found.push(join(downloads, path), join(downloads, `${path.slice(0, -'.zip'.length)}.ziphash`));
  }
  return found;
}

/** Moves the unused out of the folders, so that what is left is what gets saved; the answer moves it back. */
export async function setAside({ downloads, build }: Folders, paths: readonly string[]): Promise<() => Promise<void>> {
  const moved: { from: string; to: string }[] = [];
  for (const [index, from] of paths.entries()) {
    const to = join(asideOf(from.startsWith(build) ? build : downloads), String(index));
    await mkdir(dirname(to), { recursive: true });
    if (await rename(from, to).then(() => true, absentFile)) moved.push({ from, to });
  }
  return async () => {
    for (const { from, to } of moved) await rename(to, from);
  };
}

/** Removes what was set aside, also by a run that was killed. */
export async function removeAside({ downloads, build }: Folders): Promise<void> {
  for (const folder of [downloads, build]) await rm(asideOf(folder), { recursive: true, force: true });
}

/** Beside the folder: on the same file system a rename is enough. */
const asideOf = (folder: string) => `${folder}.unused`;

/** Removes what an unpacking that was cut short has left: every file that changed since. */
export async function removeSince(folders: readonly string[], since: number): Promise<void> {
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }).catch(absent)) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isDirectory() && (await stat(path)).ctimeMs >= since) await rm(path, { force: true });
    }
  }
}

const names = (folder: string) => readdir(folder).catch(absent);

function absent(error: NodeJS.ErrnoException): never[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

function absentFile(error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false;
  throw error;
}
