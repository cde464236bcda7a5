import { createHash } from 'node:crypto';
import { crc32, createDeflateRaw, deflateRawSync } from 'node:zlib';
import { sha256 } from './files.ts';

/**
 * Level 6: 3.42 MB for a Go binary of 8.3 MB, where level 9 takes three times as long for 0.01 MB less. The bytes must
 * never change by themselves, so the parameters are all given.
 */
export const deflateParameters = { level: 6, windowBits: 15, memLevel: 8, strategy: 0, chunkSize: 256 * 1024 } as const;

/** No name, no time, no flags, and "unknown" as the system: zlib's own header has a byte that differs by platform. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** The digests and sizes of a stream before and after compression; read them when the stream has ended. */
export interface GzipResult {
  readonly plain: { readonly digest: string; readonly size: number };
  readonly compressed: { readonly digest: string; readonly size: number };
}

/** Stages for `pipeline` that turn bytes into gzip, the same bytes everywhere, and count and hash both sides. */
export function gzipStages() {
  const [plain, compressed] = [createHash('sha256'), createHash('sha256')];
  const size = { plain: 0, compressed: 0 };
  let crc = 0;
  const count = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      crc = crc32(chunk, crc);
      plain.update(chunk);
      size.plain += chunk.length;
      yield chunk;
    }
  };
  const frame = async function* (source: AsyncIterable<Buffer>) {
    const emit = (chunk: Buffer) => {
      compressed.update(chunk);
      size.compressed += chunk.length;
      return chunk;
    };
    yield emit(header);
    for await (const chunk of source) yield emit(chunk);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc, 0);
    trailer.writeUInt32LE(size.plain % 2 ** 32, 4);
    yield emit(trailer);
  };
  const result = (): GzipResult => ({
    plain: { digest: `sha256:${plain.digest('hex')}`, size: size.plain },
    compressed: { digest: `sha256:${compressed.digest('hex')}`, size: size.compressed },
  });
  return { count, deflate: createDeflateRaw(deflateParameters), frame, result };
}

/** What Node 20 and 24 make of `testInput`, on x64 and arm64. */
const expected = '4250afaee529e7251b5c1a3df8a4a48f64a824761ba1edf35434f70d0f7292ea';

/** 64 KiB that use literals, short and long matches: a run, a counter, and noise from a small generator. */
function testInput(): Buffer {
  const bytes = Buffer.alloc(64 * 1024);
  let state = 1;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = i % 4096 < 1024 ? 0x61 : i % 4096 < 3072 ? (i >> 3) & 0xff : state >>> 24;
  }
  return bytes;
}

/** Whether this Node compresses as every other: one linked against another zlib may not, and digests would differ. */
export function compressesAsEverywhere(): boolean {
  return sha256(deflateRawSync(testInput(), deflateParameters)) === expected;
}
