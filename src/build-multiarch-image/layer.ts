import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { wrap } from '../core/errors.ts';
import { gzipStages } from '../core/gzip.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Blob } from '../core/oci/graph.ts';
import { mediaTypes } from '../core/oci/media-types.ts';
import { type Entry, tarStream } from '../core/tar.ts';

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
  const { stream, filled } = tarStream(entries, seconds, signal);
  try {
    await pipeline(stream, count, deflate, frame, createWriteStream(path, { mode: 0o600 }), { signal });
    await filled;
  } catch (error) {
    signal.throwIfAborted();
    // What broke the tar is the cause; the pipeline only saw it end.
    throw wrap(
      'LAYER_FAILED',
      `writing the layer ${name}`,
      await filled.then(
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
