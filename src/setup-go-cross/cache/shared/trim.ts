import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from './store.ts';

const day = 86_400_000;
/** As the go command trims its own cache: once a day, what nobody used for five days. */
const every = day;
const unusedFor = 5 * day;
/** Younger outputs may be those of an action that is just being written. */
const settled = 3_600_000;

/** Removes what nobody used any more, and what killed builders left. The first of a day does it. */
export async function trim(root: string, now = Date.now()): Promise<void> {
  const mark = join(root, 'trimmed');
  if ((await ageOf(mark, now)) < every) return;
  await writeWhole(mark, '');
  const used = new Set<string>();
  for (const path of await filesOf(join(root, 'action'))) {
    if ((await ageOf(path, now)) > unusedFor) await rm(path, { force: true });
    else used.add((await readFile(path, 'latin1').catch(() => '')).slice(0, 64));
  }
  for (const folder of ['output', 'lease', 'holder']) {
    for (const path of await filesOf(join(root, folder)))
      if (!used.has(path.slice(-64)) && (await ageOf(path, now)) > settled) await rm(path, { force: true });
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
}

const ageOf = (path: string, now: number) =>
  stat(path).then(
    found => now - found.mtimeMs,
    () => Number.POSITIVE_INFINITY,
  );
