import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { wrap } from '../errors.ts';
import { verifying } from './digest.ts';
import type { Blob } from './graph.ts';

/** A file of an archive: bytes, or a blob that is streamed and checked. */
export interface Member {
  readonly name: string;
  readonly content: Buffer | Blob;
}

/**
 * Writes a tar whole or not at all. Folders come before what is in them; everything belongs to nobody in particular and
 * has the time 0, so that the same image gives the same bytes.
 */
export async function writeArchive(path: string, members: readonly Member[], signal: AbortSignal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const part = `${path}.${randomUUID()}.part`;
  const tar = pack();
  const filling = fill(tar, members, signal);
  filling.catch(error => tar.destroy(error as Error));
  try {
    await pipeline(tar as unknown as Readable, createWriteStream(part, { flags: 'wx' }), { signal });
    await filling;
    await rename(part, path);
  } catch (error) {
    signal.throwIfAborted();
    // What broke the tar is the cause; the pipeline only saw it end.
    const cause = await filling.then(
      () => error,
      (thrown: unknown) => thrown,
    );
    throw wrap('ARCHIVE_FAILED', `writing ${path}`, cause);
  } finally {
    await rm(part, { force: true });
  }
}

async function fill(tar: ReturnType<typeof pack>, members: readonly Member[], signal: AbortSignal): Promise<void> {
  const folders = new Set<string>();
  for (const { name, content } of members) {
    for (let slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
      const folder = name.slice(0, slash + 1);
      if (folders.has(folder)) continue;
      folders.add(folder);
      tar.entry({ ...head(folder, 0o755), type: 'directory' });
    }
    if (Buffer.isBuffer(content)) {
      tar.entry({ ...head(name, 0o644), type: 'file' }, content);
      continue;
    }
    const { size } = content.descriptor;
    const sink = tar.entry({ ...head(name, 0o644), type: 'file', size }) as unknown as NodeJS.WritableStream;
    await pipeline(await content.open(signal), verifying(content.descriptor, 'the blob'), sink, { signal });
  }
  tar.finalize();
}

function head(name: string, mode: number) {
  return { name, mode, uid: 0, gid: 0, uname: '', gname: '', mtime: new Date(0) };
}
