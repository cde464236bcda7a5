import { createHash } from 'node:crypto';

/** Path with slashes → hex sha256 of the file. */
export type FileHashes = ReadonlyMap<string, string>;

/**
 * `h1:…`, the hash of a file tree that go.sum and the checksum database use (golang.org/x/mod/sumdb/dirhash, Hash1):
 * sha256 over the lines `HASH  NAME`, sorted by name. Each name is put behind `prefix`.
 */
export function dirHash(files: FileHashes, prefix: string): string {
  const hash = createHash('sha256');
  const names = [...files].map(([name, sum]) => [Buffer.from(prefix + name), sum] as const);
  names.sort(([a], [b]) => Buffer.compare(a, b));
  for (const [name, sum] of names) hash.update(`${sum}  `).update(name).update('\n');
  return `h1:${hash.digest('base64')}`;
}
