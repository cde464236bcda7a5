import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { deflateStage } from './deflate.ts';
import { SlipwayError } from './errors.ts';
import { checkedContent, type Entry } from './tar.ts';

/** UTF-8 names; sizes stand behind the data, because it is streamed. */
const flags = 0x0808;
const deflated = 8;
const version = 20;
/** Unix, so that the permission bits mean something. */
const madeBy = 0x0300 | version;
const limit = 2 ** 32 - 1;

/** The fixed part of a local header and of the directory's entry: all that is known before the data was read. */
function common(nameLength: number, seconds: number): Buffer {
  const bytes = Buffer.alloc(26);
  const time = new Date(seconds * 1000);
  bytes.writeUInt16LE(version, 0);
  bytes.writeUInt16LE(flags, 2);
  bytes.writeUInt16LE(deflated, 4);
  // DOS time has no zone: UTC is written, so that the machine's zone does not matter; the extra field says it exactly.
  bytes.writeUInt16LE((time.getUTCHours() << 11) | (time.getUTCMinutes() << 5) | (time.getUTCSeconds() >> 1), 6);
  bytes.writeUInt16LE(((time.getUTCFullYear() - 1980) << 9) | ((time.getUTCMonth() + 1) << 5) | time.getUTCDate(), 8);
  bytes.writeUInt16LE(nameLength, 22);
  bytes.writeUInt16LE(9, 24);
  return bytes;
}

/** Extended timestamp (Info-ZIP, `UT`): modification time in seconds since 1970. */
function timestamp(seconds: number): Buffer {
  const bytes = Buffer.from('UT\0\0\0\0\0\0\0', 'latin1');
  bytes.writeUInt16LE(5, 2);
  bytes.writeUInt8(1, 4);
  bytes.writeInt32LE(seconds, 5);
  return bytes;
}

const signed = (signature: string, ...parts: Buffer[]) =>
  Buffer.concat([Buffer.from(`PK${signature}`, 'latin1'), ...parts]);

/**
 * A zip archive as a stream (APPNOTE.TXT 4.3): the same entries and time make the same bytes on every machine; order is
 * the caller's. No zip64: under 4 GB.
 *
 * @param seconds modification time of every entry, since 1970; from 1980 on
 * @throws SlipwayError ARCHIVE_TOO_LARGE, BINARY_CHANGED
 */
export async function* zipStream(entries: readonly Entry[], seconds: number): AsyncGenerator<Buffer> {
  const directory: Buffer[] = [];
  let at = 0;
  const counted = (bytes: Buffer) => {
    at += bytes.length;
    if (at <= limit) return bytes;
    throw new SlipwayError('ARCHIVE_TOO_LARGE', 'a zip archive has more than 4 GB', { hint: 'Use tar.gz.' });
  };
  for (const { name, mode, content } of entries) {
    const start = at;
    const [label, head, extra] = [Buffer.from(name), common(Buffer.byteLength(name), seconds), timestamp(seconds)];
    yield counted(signed('\x03\x04', head, label, extra));
    const seen = { crc: 0, size: 0 };
    const begin = at;
    for await (const chunk of deflate(plain(content, seen))) yield counted(chunk);
    const sums = Buffer.alloc(12);
    sums.writeUInt32LE(seen.crc, 0);
    sums.writeUInt32LE(at - begin, 4);
    sums.writeUInt32LE(seen.size, 8);
    yield counted(signed('\x07\x08', sums));
    directory.push(listed(head, sums, mode, start), label, extra);
  }
  const [list, offset] = [Buffer.concat(directory), at];
  yield counted(list);
  yield counted(signed('\x05\x06', ending(entries.length, list.length, offset)));
}

async function* plain(content: Entry['content'], seen: { crc: number; size: number }): AsyncGenerator<Buffer> {
  const chunks = content === undefined || Buffer.isBuffer(content) ? [content ?? Buffer.alloc(0)] : undefined;
  const file = content as { path: string; sha256?: string };
  for await (const chunk of chunks ?? checkedContent(file, (await stat(file.path)).size)) {
    seen.crc = crc32(chunk, seen.crc);
    seen.size += chunk.length;
    if (seen.size > limit)
      throw new SlipwayError('ARCHIVE_TOO_LARGE', `${file.path} has more than 4 GB`, { hint: 'Use tar.gz.' });
    yield chunk;
  }
}

function deflate(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return Readable.from(source, { objectMode: false }).compose(
    deflateStage() as never,
  ) as unknown as AsyncIterable<Buffer>;
}

/** An entry of the central directory, without name and extra field. */
function listed(head: Buffer, sums: Buffer, mode: number, start: number): Buffer {
  const made = Buffer.alloc(2);
  made.writeUInt16LE(madeBy, 0);
  const known = Buffer.from(head);
  sums.copy(known, 10);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6);
  tail.writeUInt32LE(start, 10);
  return signed('\x01\x02', made, known, tail);
}

function ending(count: number, size: number, offset: number): Buffer {
  const bytes = Buffer.alloc(18);
  bytes.writeUInt16LE(count, 4);
  bytes.writeUInt16LE(count, 6);
  bytes.writeUInt32LE(size, 8);
  bytes.writeUInt32LE(offset, 12);
  return bytes;
}
