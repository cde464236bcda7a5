// The programs of examples/ that tests build (integration/hello.ts), kept from one run to the next: to link one takes a second.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../lab/paths.mjs';
import { run } from '../lab/run.mjs';
import { root } from '../root.mjs';

/** Milliseconds after which what no run has used is removed. */
const kept = 7 * 86_400_000;

/** The folder for what this go command makes of the examples as they are now. */
export async function programsFolder(go) {
  const hash = createHash('sha256').update(await run([go, 'version']));
  const examples = join(root, 'examples');
  const files = readdirSync(examples, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !entry.parentPath.includes('slipway-out'))
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
  for (const file of files) hash.update(file.slice(examples.length)).update(readFileSync(file));
  const all = join(cacheRoot(), 'test-programs');
  const folder = join(all, hash.digest('hex').slice(0, 16));
  mkdirSync(folder, { recursive: true });
  utimesSync(folder, new Date(), new Date());
  for (const name of readdirSync(all))
    if (Date.now() - statSync(join(all, name)).mtimeMs > kept)
      rmSync(join(all, name), { recursive: true, force: true });
  return folder;
}
