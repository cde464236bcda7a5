import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { SlipwayError } from '../../core/errors.ts';

/** One file of a zip archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly packed: number;
  readonly method: number;
  /** Where its local header begins. */
  readonly at: number;
}

const inflate = promisify(inflateRaw) as (data: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;
const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;

/**
 * The files of an archive, from its central directory (APPNOTE.TXT 4.3.12): folders are left out. Enough for module
 * zips and Go's own archives: stored or deflated, no encryption, no zip64 (under 4 GB and 65535 files).
 */
export async function listZip(file: FileHandle, path: string): Promise<ZipEntry[]> {
  const { size } = await file.stat();
  const tail = await bytes(file, Math.max(0, size - 65_557), Math.min(size, 65_557), path);
  let end = tail.length - 22;
  while (end >= 0 && tail.readUInt32LE(end) !== endSignature) end--;
  if (end < 0) throw invalid(path, 'it has no end record: it is cut off or no zip archive');
  const count = tail.readUInt16LE(end + 10);
  const directory = await bytes(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12), path);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let index = 0; index < count; index++) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== entrySignature)
      throw invalid(path, `entry ${index} of ${count} is missing`);
    const [nameLength, extra, comment] = [28, 30, 32].map(offset => directory.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
    if (!name.endsWith('/')) {
      entries.push({
        name,
        method: directory.readUInt16LE(at + 10),
        packed: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        at: directory.readUInt32LE(at + 42),
      });
    }
    at += 46 + nameLength + extra + comment;
  }
  return entries;
}

/** The bytes of one file; throws when they are not as long as the directory says. */
export async function readZipEntry(file: FileHandle, entry: ZipEntry, path: string): Promise<Buffer> {
  const local = await bytes(file, entry.at, 30, path);
  if (local.readUInt32LE(0) !== localSignature) throw invalid(path, `${entry.name} is not where the directory says`);
  const start = entry.at + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = await bytes(file, start, entry.packed, path);
  if (entry.method === 0) return packed;
  if (entry.method !== 8) throw invalid(path, `${entry.name} is packed by the unknown method ${entry.method}`);
  const data = await inflate(packed, { maxOutputLength: Math.max(1, entry.size) }).catch(error => {
    throw invalid(path, `${entry.name} cannot be unpacked`, error);
  });
  if (data.length !== entry.size) throw invalid(path, `${entry.name} has ${data.length} bytes, not ${entry.size}`);
  return data;
}

async function bytes(file: FileHandle, at: number, length: number, path: string): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, at + done);
    if (bytesRead === 0) throw invalid(path, 'it is cut off');
    done += bytesRead;
  }
  return buffer;
}

function invalid(path: string, why: string, cause?: unknown): SlipwayError {
  return new SlipwayError('ARCHIVE_INVALID', `the archive ${path} cannot be read: ${why}`, { cause });
}
