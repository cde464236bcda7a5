import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipStages } from '../../core/gzip.ts';
import { type Entry, tarStream } from '../../core/tar.ts';
import { zipStream } from '../../core/zip.ts';
import type { ArchiveKind } from './archive-name.ts';

/** Zip knows no time before it. */
const earliest = Date.parse('1980-01-01T00:00:00Z') / 1000;

/** Seconds since 1970 that every file of an archive carries: the commit's time, or 1980 where there is none. */
export function archiveTime(commitTime: string | undefined): number {
  return commitTime === undefined ? earliest : Math.max(earliest, Math.floor(Date.parse(commitTime) / 1000));
}

/** Writes one archive, streamed through its hash; the same entries and time make the same bytes everywhere. */
export function writeArchive(
  path: string,
  kind: ArchiveKind,
  entries: readonly Entry[],
  seconds: number,
  signal: AbortSignal,
): Promise<{ size: number; sha256: string }> {
  return (kind === 'zip' ? writeZip : writeTarGz)(path, entries, seconds, signal);
}

async function writeZip(path: string, entries: readonly Entry[], seconds: number, signal: AbortSignal) {
  const hash = createHash('sha256');
  let size = 0;
  const hashed = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  };
  await pipeline(Readable.from(zipStream(entries, seconds), { objectMode: false }), hashed, sinkOf(path), { signal });
  return { size, sha256: hash.digest('hex') };
}

async function writeTarGz(path: string, entries: readonly Entry[], seconds: number, signal: AbortSignal) {
  const { count, deflate, frame, result } = gzipStages();
  const { stream, filled } = tarStream(entries, seconds, signal);
  await pipeline(stream, count, deflate, frame, sinkOf(path), { signal }).catch(async error => {
    await filled; // what broke the tar is the cause; the pipeline only saw it end
    throw error;
  });
  await filled;
  const { digest, size } = result().compressed;
  return { size, sha256: digest.slice('sha256:'.length) };
}

/** On the disk before it gets its name. */
const sinkOf = (path: string) => createWriteStream(path, { flush: true });
