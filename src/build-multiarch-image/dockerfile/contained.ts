import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { log } from '../../core/log.ts';
import type { Blob, ImageGraph } from '../../core/oci/graph.ts';
import type { Binary, ReleaseRecord } from '../../core/record/schema.ts';
import { formatPlatform, parseTarget, platformOf } from '../../core/target.ts';
import { programName } from '../binary.ts';
import type { PlatformBinaries } from '../select.ts';

/**
 * Which of the record's programs a Dockerfile copied into its image, by their bytes: so the chain from binary to image
 * holds for Dockerfiles too. Only files of a fitting size are hashed.
 */
export async function containedBinaries(
  graph: ImageGraph,
  record: ReleaseRecord,
  signal: AbortSignal,
): Promise<PlatformBinaries[]> {
  const result: PlatformBinaries[] = [];
  for (const { descriptor, blobs } of graph.manifests) {
    const platform = descriptor.platform!;
    const name = formatPlatform(platform);
    const fitting = record.binaries.filter(
      one => one.target.startsWith('linux/') && formatPlatform(platformOf(parseTarget(one.target))) === name,
    );
    const found = new Set<Binary>();
    for (const layer of fitting.length === 0 ? [] : blobs.slice(1))
      for (const binary of await searchLayer(layer, fitting, signal)) found.add(binary);
    if (fitting.length > 0 && found.size === 0)
      log.notice(`the image for ${name} holds none of the binaries that the record has for it`);
    const binaries = [...found].map(({ target, package: path, ...rest }) => ({
      target: parseTarget(target),
      package: path,
      name: programName(path),
      path: rest.path,
      size: rest.size,
      sha256: rest.sha256,
    }));
    result.push({ platform, binaries });
  }
  return result;
}

async function searchLayer(layer: Blob, wanted: readonly Binary[], signal: AbortSignal): Promise<Binary[]> {
  const files = extract();
  const { mediaType } = layer.descriptor;
  const unpack = mediaType.endsWith('gzip')
    ? [createGunzip()]
    : mediaType.endsWith('zstd')
      ? [createZstdDecompress()]
      : [];
  const filled = pipeline([await layer.open(signal), ...unpack, files as unknown as NodeJS.WritableStream], { signal });
  filled.catch(() => undefined); // awaited below, after the search has ended for the same reason
  const found: Binary[] = [];
  for await (const entry of files) {
    const candidates = wanted.filter(one => entry.header.type === 'file' && one.size === entry.header.size);
    const hash = createHash('sha256');
    for await (const chunk of entry as unknown as Readable) if (candidates.length > 0) hash.update(chunk as Buffer);
    const sum = candidates.length > 0 ? hash.digest('hex') : undefined;
    found.push(...candidates.filter(one => one.sha256 === sum));
  }
  await filled;
  return found;
}
