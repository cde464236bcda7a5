// Of what a bundle was made: dist/NAME/made-of.sha256 holds the hash of all sources when it was bundled.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

export const stampName = 'made-of.sha256';

/** Hash of everything that bundles are made of: src, the packages' versions, and how they are bundled. */
export function hashOfSources() {
  const sources = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of [...sources, join(root, 'package-lock.json'), join(root, 'scripts', 'bundle.mjs')]) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(root.length)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** The names of the bundles that were made of the sources as they are now. */
export function presentBundles() {
  const hash = hashOfSources();
  const isPresent = name => {
    const stamp = join(root, 'dist', name, stampName);
    return existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === hash;
  };
  return readdirSync(join(root, 'dist')).filter(isPresent);
}
