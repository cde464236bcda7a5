import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { SlipwayError } from '../errors.ts';
import { sha256File } from '../files.ts';
import { changed, type Packing } from './package.ts';

/**
 * Writes a file that must not be there yet, whole: of two writers one is first, and neither sees a part.
 * It is `link` that decides, since a rename would take the place of the other's, and exclusive opening shows a file that
 * is being written.
 *
 * @returns whether it is ours: `false` when another one is there
 */
export async function writeNew(path: string, bytes: Buffer): Promise<boolean> {
  const there = await readFile(path).catch(() => undefined);
  if (there !== undefined) return there.equals(bytes);
  await mkdir(dirname(path), { recursive: true });
  const part = partOf(path);
  try {
    const file = await open(part, 'wx', 0o644);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return await place(part, path, bytes);
  } finally {
    await rm(part, { force: true });
  }
}

/** File systems without hard links (FAT, some of SMB) get a rename after a look: two writers of one name may then cross. */
const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

async function place(part: string, path: string, bytes: Buffer): Promise<boolean> {
  try {
    await link(part, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // Over NFS a link that succeeded may be answered so, when the first answer was lost: then it is ours.
    if (code === 'EEXIST') return (await readFile(path)).equals(bytes);
    if (!noLinks.includes(code)) throw error;
    if (await stat(path).catch(() => undefined)) return (await readFile(path)).equals(bytes);
    await rename(part, path);
    return true;
  }
}

/** Copies a file under its sha256. One that is there and is right is not written again; one that is damaged is mended. */
export async function copyContent(
  { path, sha256 }: Packing['files'][number],
  to: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await sha256File(to, signal).catch(() => undefined)) === sha256) return;
  signal.throwIfAborted();
  await mkdir(dirname(to), { recursive: true });
  const part = partOf(to);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(createReadStream(path), hashing, createWriteStream(part, { flags: 'wx', flush: true }), { signal });
    const found = hash.digest('hex');
    if (found !== sha256) throw changed(path, found, sha256);
    await rename(part, to); // the same bytes, whoever writes them
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SlipwayError) throw error;
    throw new SlipwayError('RECORDS_FAILED', `writing ${to}: ${(error as Error).message}`, {
      hint: 'Look at the rights of the folder and the space on its disk.',
      cause: error,
    });
  } finally {
    await rm(part, { force: true });
  }
}

const partOf = (path: string) => join(dirname(path), `.${randomUUID()}.part`);

/** Milliseconds after which a part belongs to nobody: its writer was killed. */
const abandoned = 24 * 60 * 60_000;

/** Takes away what killed writers left. */
export async function sweep(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter(one => one.endsWith('.part'))) {
    const info = await stat(join(folder, name)).catch(() => undefined);
    if (info !== undefined && Date.now() - info.mtimeMs > abandoned) await rm(join(folder, name), { force: true });
  }
}
