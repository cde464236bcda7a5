import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { messageOf, SlipwayError } from '../errors.ts';
import type { Descriptor, Manifest } from '../oci/descriptor.ts';
import type { Image } from '../record/schema.ts';
import { openBlob } from '../registry/blobs.ts';
import type { RegistryClient } from '../registry/client.ts';
import { getManifest } from '../registry/manifests.ts';
import { parseRepository, type Repository } from '../registry/reference.ts';
import type { KeptFile } from './package.ts';

/**
 * Opens a binary that is in an image: the platform's manifest by its digest, then its layers from the last, which is the
 * program's, until a file has the sha256. Repositories are tried in turn.
 *
 * @throws SlipwayError BINARIES_NOT_KEPT when the image is gone or does not have it
 */
export async function binaryFromImage(
  client: RegistryClient,
  images: readonly Image[],
  file: KeptFile,
  signal: AbortSignal,
): Promise<Readable> {
  const places = images.flatMap(({ repositories, platforms }) =>
    platforms
      .filter(one => one.binaries.includes(file.sha256))
      .flatMap(one =>
        repositories.map(repository => ({ repository: parseRepository(repository), digest: one.digest })),
      ),
  );
  const seen: string[] = [];
  for (const { repository, digest } of places) {
    try {
      const { bytes } = await getManifest(client, repository, digest, signal);
      const { layers } = JSON.parse(bytes.toString('utf8')) as Manifest;
      for (const layer of [...layers].reverse()) {
        const found = await search(client, repository, layer, file, signal);
        if (found !== undefined) return found;
      }
      seen.push(`${digest} does not have it`);
    } catch (error) {
      signal.throwIfAborted();
      seen.push(messageOf(error));
    }
  }
  throw new SlipwayError('BINARIES_NOT_KEPT', `${file.name} cannot be taken from its image: ${seen.join('; ')}`, {
    hint: 'Nothing was changed. Look whether the image is still in its registry and can be read from here; else build the commit again.',
  });
}

async function search(
  client: RegistryClient,
  repository: Repository,
  layer: Descriptor,
  { sha256, size }: KeptFile,
  signal: AbortSignal,
): Promise<Readable | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-layer-'));
  const clear = () => rm(folder, { recursive: true, force: true });
  try {
    const files = extract();
    const source = await openBlob(client, repository, layer, signal);
    const unpacking = pipeline([source, ...unpackers(layer), files as unknown as NodeJS.WritableStream], { signal });
    unpacking.catch(() => undefined); // awaited below, after the search has ended for the same reason
    let found: string | undefined;
    for await (const entry of files) {
      const stream = entry as unknown as Readable;
      if (found !== undefined || entry.header.type !== 'file' || entry.header.size !== size) {
        stream.resume();
        continue;
      }
      const path = join(folder, 'file');
      const hash = createHash('sha256');
      stream.on('data', (chunk: Buffer) => hash.update(chunk));
      await pipeline(stream, createWriteStream(path), { signal });
      if (hash.digest('hex') === sha256) found = path;
    }
    await unpacking;
    if (found !== undefined) return createReadStream(found).on('close', () => void clear());
    await clear();
    return undefined;
  } catch (error) {
    await clear();
    throw error;
  }
}

function unpackers({ mediaType }: Descriptor) {
  if (mediaType.endsWith('gzip')) return [createGunzip()];
  return mediaType.endsWith('zstd') ? [createZstdDecompress()] : [];
}
