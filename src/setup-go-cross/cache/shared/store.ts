import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openReader } from './reader.ts';

/** What an action produced. */
export interface Output {
  /** Hex sha256 of the content. */
  readonly id: string;
  readonly size: number;
  /** When it was put, milliseconds of the epoch. */
  readonly time: number;
  readonly path: string;
}

const refreshAfter = 3_600_000;

/**
 * Build results in a folder that many machines and users share. The go command's own cache writes into its files in
 * place and is documented as not safe on a network file system (cmd/go/internal/cache, Open): here every file appears by
 * a rename, whole, and is never written again, so that nobody can read half of one.
 */
export interface Store {
  readonly root: string;
  /** The action's output when it is there, whole. */
  get(action: string): Promise<Output | undefined>;
  put(action: string, id: string, body: Uint8Array): Promise<Output>;
}

/** Where an output lies in a store. */
export const outputPath = (root: string, id: string) => join(root, 'output', id.slice(0, 2), id);

export function openStore(root: string): Store {
  const actionPath = (action: string) => join(root, 'action', action.slice(0, 2), action);
  const reader = openReader();
  return {
    root,
    async get(action) {
      const path = actionPath(action);
      const { text, mtimeMs } = (await reader.small(path)) ?? { text: '', mtimeMs: 0 };
      const [, id, size, time] = /^([0-9a-f]{64}) (\d+) (\d+)\n$/.exec(text) ?? [];
      if (id === undefined) return undefined;
      const output = { id, size: Number(size), time: Number(time), path: outputPath(root, id) };
      if ((await reader.size(output.path)) !== output.size) return undefined;
      // Only the owner may set a file's time; a new file in its place everybody of the group may make.
      if (mtimeMs < Date.now() - refreshAfter) await writeWhole(path, text).catch(() => undefined);
      return output;
    },
    async put(action, id, body) {
      const output = { id, size: body.length, time: Date.now(), path: outputPath(root, id) };
      const found = await stat(output.path).catch(() => undefined);
      if (found?.size !== body.length) await writeWhole(output.path, body);
      await writeWhole(actionPath(action), `${id} ${body.length} ${output.time}\n`);
      return output;
    },
  };
}

/** Temp file in the same folder, then a rename. The mode is for the group, whatever the umask is. */
export async function writeWhole(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.part`;
  const write = () => writeFile(temporary, data, { flag: 'wx' });
  try {
    await write().catch(async error => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await sharedFolder(dirname(path));
      await write();
    });
    await chmod(temporary, 0o664);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes a folder that the whole group may write; what is made in it belongs to the group (setgid). */
export async function sharedFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT') throw error;
    await sharedFolder(dirname(path));
    return sharedFolder(path);
  }
  await chmod(path, 0o2775);
}

/** A second name for a file, whole or not at all, also on NFS; false when the name is taken. */
export async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}
