import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import { testInput } from './deflate.ts';
import { sha256 } from './files.ts';
import { type Compressed, passing, summing } from './measured.ts';

/** Level 9: a Go binary of 8.3 MB becomes 3.10 MB, 9 % less than gzip and in less time. No checksum: layers have digests. */
const options = {
  chunkSize: 256 * 1024,
  params: { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 0 },
};

/** What Node 24 makes of `testInput`, on x64 and arm64. */
const expected = '49e3a602cd68aef6147ad94aa4af4f7662c3fb7b0c0f75c29fe4ac7dc9bf7d29';

/** Stages for `pipeline` that turn bytes into zstd, and count and hash both sides. */
export function zstdStages() {
  const [plain, compressed] = [summing(), summing()];
  const result = (): Compressed => ({ plain: plain.sum(), compressed: compressed.sum() });
  return { count: passing(plain.add), deflate: createZstdCompress(options), frame: passing(compressed.add), result };
}

/** Whether this Node's zstd gives the bytes of Node 24; another release of the library may not, and none takes over. */
export function zstdAsEverywhere(): boolean {
  return sha256(zstdCompressSync(testInput(), options)) === expected;
}
