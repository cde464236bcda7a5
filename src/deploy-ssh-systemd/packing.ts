import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { HostFacts } from './facts.ts';

/** How an upload is compressed. zstd takes a quarter of the time, here and on the host, for a result of the same size. */
export type Packing = 'zstd' | 'gzip';

/** What a host can unpack; before it was asked, what it probably can. */
export function packingFor(facts?: Pick<HostFacts, 'zstd'>): Packing {
  return facts === undefined || facts.zstd ? 'zstd' : 'gzip';
}

/** Levels at which one core keeps a link of 40 MB/s busy. A Go binary becomes 0.4 of its size. */
const [zstdLevel, gzipLevel] = [1, 4];

/** `length` bytes of a file, compressed: a frame or a member of its own, as in both formats several make one. */
export async function pack(source: string, from: number, length: number, packing: Packing): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(length);
  await using file = await open(source);
  const { bytesRead } = await file.read(buffer, 0, length, from);
  const bytes = buffer.subarray(0, bytesRead);
  if (packing === 'gzip') return promisify(gzip)(bytes, { level: gzipLevel });
  return promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } });
}
