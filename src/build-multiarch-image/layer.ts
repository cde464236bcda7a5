import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { SlipwayError, wrap } from '../core/errors.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Blob } from '../core/oci/graph.ts';
import { mediaTypes } from '../core/oci/media-types.ts';
import { gzipStages } from './gzip.ts';

/** A file or folder of a layer. Owner, mode and time are always said: nothing is taken from the disk. */
export interface Entry {
  /** Without a leading slash; a folder's ends with one. */
  readonly name: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Absent for a folder. `path` is read as a stream; with `sha256` (hex) its content must be that. */
  readonly content?: Buffer | { readonly path: string; readonly sha256: string };
}

/** A compressed layer in a file. */
export interface Layer {
  readonly descriptor: Descriptor;
  /** Digest of the tar, uncompressed: it stands in the image configuration. */
  readonly diffId: string;
  /** Bytes when unpacked. */
  readonly unpacked: number;
  readonly blob: Blob;
}

/**
 * Writes a layer to `folder`: tar, then gzip, streamed through hashes. The same entries and time make the same bytes on
 * every machine; order is the caller's.
 *
 * @param seconds modification time of every entry, since 1970
 */
export async function writeLayer(
  folder: string,
  name: string,
  entries: readonly Entry[],
  seconds: number,
  signal: AbortSignal,
): Promise<Layer> {
  const path = join(folder, `${name}.tar.gz`);
  const { count, deflate, frame, result } = gzipStages();
  const tar = pack();
  const fill = addAll(tar, entries, new Date(seconds * 1000), signal);
  fill.catch(error => tar.destroy(error as Error));
  try {
    await pipeline(tar as unknown as Readable, count, deflate, frame, createWriteStream(path, { mode: 0o600 }), {
      signal,
    });
    await fill;
  } catch (error) {
    signal.throwIfAborted();
    // What broke the tar is the cause; the pipeline only saw it end.
    throw wrap(
      'LAYER_FAILED',
      `writing the layer ${name}`,
      await fill.then(
        () => error,
        cause => cause,
      ),
    );
  }
  const { plain, compressed } = result();
  const descriptor = { mediaType: mediaTypes.layer, ...compressed };
  return {
    descriptor,
    diffId: plain.digest,
    unpacked: plain.size,
    blob: { descriptor, open: async () => createReadStream(path) },
  };
}

/** What every entry says; all of it, so that tar-stream fills in nothing by itself. */
type Head = { name: string; mode: number; uid: number; gid: number; mtime: Date; type: 'directory' | 'file' };

async function addAll(tar: ReturnType<typeof pack>, entries: readonly Entry[], mtime: Date, signal: AbortSignal) {
  for (const { name, mode, uid = 0, gid = 0, content } of entries) {
    const head: Head = { name, mode, uid, gid, mtime, type: content === undefined ? 'directory' : 'file' };
    if (content === undefined) tar.entry(head);
    else if (Buffer.isBuffer(content)) tar.entry(head, content);
    else await addFile(tar, head, content, signal);
  }
  tar.finalize();
}

/** The file is hashed as it is read: what is in the layer is what was recorded, whoever writes to the disk meanwhile. */
async function addFile(
  tar: ReturnType<typeof pack>,
  head: Head,
  { path, sha256 }: { path: string; sha256: string },
  signal: AbortSignal,
): Promise<void> {
  const { size } = await stat(path);
  const hash = createHash('sha256');
  const sink = tar.entry({ ...head, size });
  const hashing = async function* (source: AsyncIterable<Buffer>) {
    let read = 0;
    for await (const chunk of source) {
      hash.update(chunk);
      read += chunk.length;
      yield chunk;
    }
    const found = hash.digest('hex');
    if (found === sha256 && read === size) return;
    throw new SlipwayError('BINARY_CHANGED', `${path} has the sha256 ${found}, but ${sha256} was recorded`, {
      hint: 'The file changed after it was built or was damaged on the way: build it again.',
    });
  };
  await pipeline(
    createReadStream(path, { highWaterMark: 1024 * 1024 }),
    hashing,
    sink as unknown as NodeJS.WritableStream,
    {
      signal,
    },
  );
}
