import { readdir } from 'node:fs/promises';

/** Files below the folders: those of a Go cache are named by their content, so that a new one shows in the number. */
export async function countFiles(folders: readonly string[]): Promise<number> {
  let count = 0;
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(error => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    count += entries.filter(entry => entry.isFile()).length;
  }
  return count;
}
