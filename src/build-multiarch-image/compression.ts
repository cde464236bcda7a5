import type { Duplex } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { compressesAsEverywhere, type DeflateStage } from '../core/deflate.ts';
import { gzipStages } from '../core/gzip.ts';
import { log } from '../core/log.ts';
import type { Compressed } from '../core/measured.ts';
import { mediaTypes } from '../core/oci/media-types.ts';
import { zstdAsEverywhere, zstdStages } from '../core/zstd.ts';

export type Compression = 'gzip' | 'zstd';

type Pass = (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer>;

interface Method {
  readonly mediaType: string;
  /** Changes whenever the same content would be compressed to other bytes. */
  readonly version: () => string;
  readonly stages: () => { count: Pass; deflate: DeflateStage; frame: Pass; result: () => Compressed };
  readonly unpack: () => Duplex;
}

export const compressions: Record<Compression, Method> = {
  gzip: {
    mediaType: mediaTypes.layer,
    version: () => 'gzip-4',
    stages: gzipStages,
    unpack: () => createGunzip(),
  },
  zstd: {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd',
    version: () => `zstd-9-${process.versions['zstd']}`,
    stages: zstdStages,
    unpack: () => createZstdDecompress(),
  },
};

/** Compresses a known text first: a machine that would give other digests than the rest says so. */
export function checkCompression(compression: Compression): void {
  if (compression === 'gzip' && !compressesAsEverywhere()) {
    log.warning(
      'This Node has another zlib than the official builds: a slower one in JavaScript makes the same digests as elsewhere.',
    );
  }
  if (compression === 'zstd' && !zstdAsEverywhere()) {
    log.warning(
      `This Node has another zstd (${process.versions['zstd'] ?? 'none'}) than Node 24: digests will differ from those of other machines. Use Node 24 or compression: gzip.`,
    );
  }
}
