import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pMap from 'p-map';
import { messageOf, SlipwayError } from '../errors.ts';
import { sha256File } from '../files.ts';
import { type LoadedRecord, mapPaths, outputFolder, saveRecord } from '../record/files.ts';
import { changed, filesOf, type KeptFile, type Package } from './package.ts';

/** Opens the bytes of a kept file; nobody has checked them. */
export type Open = (file: KeptFile, signal: AbortSignal) => Promise<Readable>;

const recordName = 'release.json';
/** Files at once. */
const concurrency = 4;

/**
 * Writes a kept release into `slipway-out/`, each file whole or not at all, the record last. What is there already and
 * is right stays; what is there and is something else is replaced.
 *
 * @param place for errors
 * @throws SlipwayError RECORD_CHANGED, before anything wrong has its name
 */
export async function unpack(
  { record, files }: Package,
  place: string,
  directory: string,
  open: Open,
  signal: AbortSignal,
): Promise<LoadedRecord> {
  const folder = join(directory, outputFolder);
  checkNames(files, place);
  checkRecorded(record, files, place);
  await pMap(files, file => receive(file, join(folder, ...file.name.split('/')), place, open, signal), {
    concurrency,
    signal,
  });
  const programs = record.binaries.map(one => join(folder, ...one.path.split('/')));
  await Promise.all(programs.map(path => chmod(path, 0o755)));
  const loaded = {
    file: join(folder, recordName),
    record: mapPaths(record, name => join(folder, ...name.split('/'))),
  };
  await saveRecord(loaded);
  return loaded;
}

async function receive(file: KeptFile, path: string, place: string, open: Open, signal: AbortSignal): Promise<void> {
  if ((await sha256File(path, signal).catch(() => undefined)) === file.sha256) return;
  signal.throwIfAborted();
  await mkdir(dirname(path), { recursive: true });
  const part = join(dirname(path), `.${randomUUID()}.part`);
  try {
    const source = await open(file, signal);
    await pipeline(source, checking(file, place), createWriteStream(part, { flags: 'wx', flush: true }), { signal });
    await rename(part, path);
  } catch (error) {
    signal.throwIfAborted();
    // Some places check what they give by themselves.
    if ((error as SlipwayError).code !== 'DIGEST_MISMATCH') throw error;
    throw changed(`${file.name} in ${place}`, `another (${messageOf(error)})`, file.sha256);
  } finally {
    await rm(part, { force: true });
  }
}

/** Passes bytes through, and fails at their end unless they are the file; at once when there are too many. */
function checking({ name, sha256, size }: KeptFile, place: string): Transform {
  const hash = createHash('sha256');
  let seen = 0;
  const wrong = (what: string) => changed(`${name} in ${place}`, what, sha256);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      hash.update(chunk);
      if (seen > size) done(wrong(`that of more than ${size} bytes`));
      else done(null, chunk);
    },
    flush(done) {
      const found = hash.digest('hex');
      done(found === sha256 ? null : wrong(found));
    },
  });
}

const segment = /^(?!\.{1,2}$)[^\\/:*?"<>|\p{Cc}]{1,200}$/u;

/** A place that somebody else can write to must not choose where files go. */
function checkNames(files: readonly KeptFile[], place: string): void {
  const wrong = files.find(({ name }) => name === recordName || !name.split('/').every(part => segment.test(part)));
  if (wrong === undefined) return;
  throw new SlipwayError('RECORD_INVALID', `a release in ${place} has a file called ${JSON.stringify(wrong.name)}`, {
    hint: 'Nothing was written. Only names below slipway-out/ are taken; look who else can write there.',
  });
}

/** The record's own hashes count: a list of files that says something else is not believed. */
function checkRecorded(record: Package['record'], files: readonly KeptFile[], place: string): void {
  const listed = new Map(files.map(({ name, sha256 }) => [name, sha256]));
  for (const { path, sha256 } of filesOf(record)) {
    const found = listed.get(path);
    if (found === undefined)
      throw changed(`${path} in ${place}`, 'unknown, as it is gone', sha256 ?? 'that there is one');
    if (sha256 !== undefined && sha256 !== found) throw changed(`${path} in ${place}`, found, sha256);
  }
}
