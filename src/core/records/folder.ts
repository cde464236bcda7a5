import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { readIfThere } from '../files.ts';
import { type Content, decodeId, encodeId, type Kind, type Shelf } from './shelf.ts';

/**
 * A folder, also on a share: `files/SHA256`, `releases/VERSION.json`, `entries/ID.json`. A document appears whole, by a
 * link that fails when its name is taken: two writers cannot overwrite each other, and one that is killed leaves a
 * `.part` that nobody reads.
 */
export function folderShelf(folder: string): Shelf {
  const fileOf = (kind: Kind, id: string) => join(folder, kind, `${encodeId(id)}.json`);
  const contentOf = ({ sha256 }: Content) => join(folder, 'files', sha256);
  return {
    place: folder,
    async list(kind) {
      const names = await readdir(join(folder, kind)).catch(() => []);
      return names.filter(name => /^[^.].*\.json$/.test(name)).map(name => decodeId(name.slice(0, -'.json'.length)));
    },
    read: (kind, id) => readIfThere(fileOf(kind, id)),
    async add(kind, id, text, files) {
      await Promise.all(['files', kind].map(name => mkdir(join(folder, name), { recursive: true })));
      await pMap(files, file => keep(file.path, contentOf(file)), { concurrency: 4 });
      return addFile(fileOf(kind, id), text);
    },
    fetch: async (_, file, path) => {
      const part = `${path}.${randomUUID()}.part`;
      await copyFile(contentOf(file), part, constants.COPYFILE_FICLONE);
      await rename(part, path);
    },
  };
}

/** A file under the name of its content; one that is there is the same. */
async function keep(from: string, to: string): Promise<void> {
  const part = `${to}.${randomUUID()}.part`;
  try {
    await copyFile(from, part, constants.COPYFILE_FICLONE);
    await rename(part, to);
  } finally {
    await rm(part, { force: true });
  }
}

/** @returns false when there is a file of this name */
async function addFile(path: string, text: string): Promise<boolean> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(part, 'wx', 0o644);
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await link(part, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
}
