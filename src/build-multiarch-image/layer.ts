import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { wrap } from '../core/errors.ts';
import type { Compressed } from '../core/measured.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { Blob } from '../core/oci/graph.ts';
import { type Entry, tarStream } from '../core/tar.ts';
import { type Compression, compressions } from './compression.ts';

/** A compressed layer in a file. */
export interface Layer {
  readonly descriptor: Descriptor;
  /** Digest of the tar, uncompressed: it stands in the image configuration. */
  readonly diffId: string;
  /** Bytes when unpacked. */
  readonly unpacked: number;
  readonly path: string;
  readonly blob: Blob;
}

/** What a layer is made of. The same content makes the same bytes on every machine; order is the caller's. */
export interface LayerContent {
  /** For messages and for the file; without slashes. */
  readonly name: string;
  readonly entries: readonly Entry[];
  /** Modification time of every entry, since 1970. */
  readonly seconds: number;
  readonly compression: Compression;
}

/** Writes a layer to `folder`: tar, then compressed, streamed through hashes: it is never whole in memory. */
export async function writeLayer(folder: string, content: LayerContent, signal: AbortSignal): Promise<Layer> {
  const { name, entries, seconds, compression } = content;
  const path = join(folder, `${name}.layer`);
  const { count, deflate, frame, result } = compressions[compression].stages();
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
  return layerOf(path, compression, result());
}

/** A layer that lies in a file already. */
export function layerOf(path: string, compression: Compression, { plain, compressed }: Compressed): Layer {
  const descriptor = { mediaType: compressions[compression].mediaType, ...compressed };
  const blob = { descriptor, open: async () => createReadStream(path, { highWaterMark: 1024 * 1024 }) };
  return { descriptor, diffId: plain.digest, unpacked: plain.size, path, blob };
}
