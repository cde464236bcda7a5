import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileHashes } from './dirhash.ts';

/**
 * Hashes every file below a folder: 240 MB of an installed Go in about half a second from the page cache. A symbolic
 * link or a device counts as a file of its own kind, so that one cannot stand in for what was installed; so does a
 * name with a line end, which could stand in for two (the hash of a tree is over lines).
 *
 * Files are read synchronously: for 11,500 small files that is three times as fast; between two folders others may run.
 *
 * @param name from the path (with slashes) to the name that it is hashed under
 */
export async function hashTree(folder: string, name: (path: string) => string = path => path): Promise<FileHashes> {
  const files = new Map<string, string>();
  const folders = [''];
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    for (const entry of await readdir(join(folder, current), { withFileTypes: true })) {
      const path = current === '' ? entry.name : `${current}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else
        files.set(
          name(path),
          entry.isFile() && !path.includes('\n') ? hash('sha256', readFileSync(join(folder, path))) : 'not a file',
        );
    }
  }
  return files;
}
