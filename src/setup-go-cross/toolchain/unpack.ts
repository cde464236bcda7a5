import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import pMap from 'p-map';
import { extract } from 'tar-stream';
import { SlipwayError } from '../../core/errors.ts';
import type { FileHashes } from './dirhash.ts';
import { listZip, readZipEntry } from './zip.ts';

/** How the files of an archive become the files of a GOROOT. */
export interface Layout {
  /** What stands in front of every name, e.g. `go/`; taken away. */
  readonly prefix: string;
  /** Name without the prefix → where it goes. */
  readonly place?: (name: string) => string;
}

/** Unpacks an archive into a folder; the hashes are of the archive's own names, without the prefix. */
export async function unpackZip(path: string, into: string, layout: Layout, signal: AbortSignal): Promise<FileHashes> {
  const file = await open(path, 'r');
  const hashes = new Map<string, string>();
  try {
    const entries = await listZip(file, path);
    const count = limiter(path);
    for (const entry of entries) count(entry.size);
    const write = writer(into, layout);
    await pMap(
      entries,
      async entry => {
        const data = await readZipEntry(file, entry, path);
        hashes.set(await write(entry.name, data), hash('sha256', data));
      },
      { concurrency: 16, signal },
    );
    return hashes;
  } finally {
    await file.close();
  }
}

export async function unpackTarGz(path: string, into: string, layout: Layout, signal: AbortSignal) {
  const hashes = new Map<string, string>();
  const write = writer(into, layout);
  const entries = extract();
  const count = limiter(path);
  const reading = pipeline(createReadStream(path), createGunzip(), entries, { signal });
  const writing = (async () => {
    for await (const entry of entries) {
      const { name, type, mode = 0 } = entry.header;
      if (type === 'directory') {
        entry.resume();
        continue;
      }
      if (type !== 'file') throw unsafe(path, `${name} is a ${type}`);
      count(entry.header.size ?? 0);
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      const data = Buffer.concat(chunks);
      hashes.set(await write(name, data, mode), hash('sha256', data));
    }
  })();
  await Promise.all([reading, writing]).catch(error => {
    signal.throwIfAborted();
    if (error instanceof SlipwayError || (error as NodeJS.ErrnoException).syscall !== undefined) throw error;
    throw new SlipwayError('ARCHIVE_INVALID', `the archive ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  });
  return hashes as FileHashes;
}

/**
 * The time of every file, wherever it came from. The go command keeps an index of each package of the standard library under the times
 * of its files (cmd/go/internal/modindex): with others in each job, each would add its own to the build cache.
 */
const written = new Date('2000-01-01T00:00:00Z');

/** A Go has 250 MB in 12,000 files. What a server may make us write before its hash is known must end somewhere. */
const most = { file: 500e6, bytes: 2e9, files: 100_000 };

/** Counts what an archive holds against the limits, before it is written. */
function limiter(path: string): (bytes: number) => void {
  let [bytes, files] = [0, 0];
  return more => {
    bytes += more;
    files++;
    if (more > most.file || bytes > most.bytes || files > most.files)
      throw unsafe(path, `with it there are ${files} files with ${bytes} bytes, far more than a Go has`);
  };
}

/** Returns a function that writes one file and answers with its name in the archive, without the prefix. */
function writer(into: string, { prefix, place = name => name }: Layout) {
  const folders = new Map<string, Promise<unknown>>();
  const taken = new Set<string>();
  return async (fullName: string, data: Buffer, mode?: number): Promise<string> => {
    if (!fullName.startsWith(prefix)) throw unsafe(fullName, `it is not below ${prefix}`);
    const name = fullName.slice(prefix.length);
    if (name.split('/').some(part => part === '' || part === '.' || part === '..') || /[\\:]/.test(name))
      throw unsafe(fullName, 'such a name could leave the folder');
    // With a line end in a name one file could have the h1 hash of two: the hash is over lines.
    if (/\p{Cc}/u.test(name)) throw unsafe(JSON.stringify(fullName), 'its name holds a control character');
    const placed = place(name);
    if (taken.has(placed.toLowerCase())) throw unsafe(fullName, 'this name, large or small, is there twice');
    taken.add(placed.toLowerCase());
    const path = join(into, placed);
    const folder = dirname(path);
    if (!folders.has(folder)) folders.set(folder, mkdir(folder, { recursive: true }));
    await folders.get(folder);
    // Module zips carry no modes; the go command makes these two folders executable as well.
    const executable = mode === undefined ? /^(bin|pkg\/tool)\//.test(name) : (mode & 0o111) !== 0;
    await using file = await open(path, 'wx', executable ? 0o755 : 0o644);
    await file.writeFile(data);
    await file.utimes(written, written);
    return name;
  };
}

function unsafe(what: string, why: string): SlipwayError {
  return new SlipwayError('ARCHIVE_UNSAFE', `the archive's entry ${what} is refused: ${why}`, {
    hint: 'Nothing of this archive was used.',
  });
}
