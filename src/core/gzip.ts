import { crc32 } from 'node:zlib';
import { deflateStage } from './deflate.ts';
import { type Compressed, passing, summing } from './measured.ts';

/** No name, no time, no flags, and "unknown" as the system: zlib's own header has a byte that differs by platform. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/** Stages for `pipeline` that turn bytes into gzip, the same bytes everywhere, and count and hash both sides. */
export function gzipStages() {
  const [plain, compressed] = [summing(), summing()];
  let [crc, size] = [0, 0];
  const count = passing(chunk => {
    crc = crc32(chunk, crc);
    size += chunk.length;
    plain.add(chunk);
  });
  const frame = async function* (source: AsyncIterable<Buffer>) {
    yield compressed.add(header);
    for await (const chunk of source) yield compressed.add(chunk);
    const trailer = Buffer.alloc(8);
    trailer.writeUInt32LE(crc, 0);
    trailer.writeUInt32LE(size % 2 ** 32, 4);
    yield compressed.add(trailer);
  };
  const result = (): Compressed => ({ plain: plain.sum(), compressed: compressed.sum() });
  return { count, deflate: deflateStage(), frame, result };
}
