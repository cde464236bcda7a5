import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FileHashes } from './dirhash.ts';
import { hashFiles } from './hash-files.ts';

/**
 * Hashes every file below a folder: 240 MB of an installed Go in a quarter of a second from the page cache. A symbolic
 * link or a device counts as a file of its own kind, so that one cannot stand in for what was installed; so does a
 * name with a line end, which could stand in for two (the hash of a tree is over lines).
 *
 * @param name from the path (with slashes) to the name that it is hashed under
 */
export async function hashTree(folder: string, name: (path: string) => string = path => path): Promise<FileHashes> {
  const [files, others]: [string[], string[]] = [[], []];
  const folders = [''];
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    for (const entry of readdirSync(join(folder, current), { withFileTypes: true })) {
      const path = current === '' ? entry.name : `${current}/${entry.name}`;
      if (entry.isDirectory()) folders.push(path);
      else (entry.isFile() && !path.includes('\n') ? files : others).push(path);
    }
  }
  const sums = await hashFiles(files.map(path => join(folder, path)));
  return new Map([
    ...files.map((path, index) => [name(path), sums[index]!] as const),
    ...others.map(path => [name(path), 'not a file'] as const),
  ]);
}
