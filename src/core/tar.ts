import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { SlipwayError } from './errors.ts';

/** A file, folder or link of an archive. Owner, mode and time are always said: nothing is taken from the disk. */
export interface Entry {
  /** Without a leading slash; a folder's ends with one. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** A symbolic link to this path, or a hard link to an earlier entry; without content. */
  readonly link?: { readonly kind: 'symbolic' | 'hard'; readonly target: string };
  /** Absent for a folder and a link. `path` is read as a stream; with `sha256` (hex) its content must be that. */
  readonly content?: Buffer | FileContent;
}

export interface FileContent {
  readonly path: string;
  /** Hex. */
  readonly sha256?: string;
}

/**
 * A tar as a stream: the same entries and time make the same bytes on every machine; order is the caller's. What goes
 * wrong with an entry is the reason that `filled` is rejected with; the stream then only ends early.
 *
 * @param seconds modification time of every entry, since 1970
 */
export function tarStream(entries: readonly Entry[], seconds: number, signal: AbortSignal) {
  const tar = pack();
  const filled = addAll(tar, entries, new Date(seconds * 1000), signal);
  filled.catch(error => tar.destroy(error as Error));
  return { stream: tar as unknown as Readable, filled };
}

/** What every entry says; all of it, so that tar-stream fills in nothing by itself. */
type Head = {
  name: string;
  mode: number;
  uid: number;
  gid: number;
  mtime: Date;
  type: 'directory' | 'file' | 'symlink' | 'link';
  linkname?: string;
};

const linkTypes = { symbolic: 'symlink', hard: 'link' } as const;

async function addAll(tar: ReturnType<typeof pack>, entries: readonly Entry[], mtime: Date, signal: AbortSignal) {
  for (const { name, mode, uid = 0, gid = 0, content, link } of entries) {
    const head: Head = { name, mode, uid, gid, mtime, type: content === undefined ? 'directory' : 'file' };
    if (link !== undefined) tar.entry({ ...head, type: linkTypes[link.kind], linkname: link.target });
    else if (content === undefined) tar.entry(head);
    else if (Buffer.isBuffer(content)) tar.entry(head, content);
    else {
      const { size } = await stat(content.path);
      const sink = tar.entry({ ...head, size }) as unknown as NodeJS.WritableStream;
      await pipeline(Readable.from(checkedContent(content, size)), sink, { signal });
    }
  }
  tar.finalize();
}

/** The file is hashed as it is read: what is in the archive is what was recorded, whoever writes to the disk meanwhile. */
export async function* checkedContent({ path, sha256 }: FileContent, size: number): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    if (sha256 !== undefined) hash.update(chunk);
    read += chunk.length;
    yield chunk;
  }
  const found = sha256 === undefined ? undefined : hash.digest('hex');
  if (found === sha256 && read === size) return;
  const seen =
    found === undefined || found === sha256
      ? `${read} bytes, ${size} before`
      : `the sha256 ${found}, but ${sha256} was recorded`;
  throw new SlipwayError('BINARY_CHANGED', `${path} has ${seen}`, {
    hint: 'The file changed after it was built or was damaged on the way: build it again.',
  });
}
