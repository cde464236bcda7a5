import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GoSettings } from '../environment.ts';

/** Of Go files and folders; a large repository is left to the go command, which has an index of it. */
const mostFiles = 1000;

/**
 * Whether it is plain, without asking the go command to load every package (half a second for a service), that the own
 * packages embed no file: they are one module, and none of its Go files holds `//go:embed`. False where that is not plain.
 */
export async function embedsNothing({ GOMOD, GOWORK, GOFLAGS }: GoSettings): Promise<boolean> {
  const elsewhere = !['', 'off'].includes(GOWORK) || /-(modfile|overlay)\b/.test(GOFLAGS);
  if (elsewhere || !GOMOD.endsWith('go.mod')) return false;
  const module = await readFile(GOMOD, 'utf8').catch(() => undefined);
  if (module === undefined || replacedByFolder.test(module)) return false;
  const files = await goFiles(dirname(GOMOD));
  if (files === undefined) return false;
  for (const file of files) if ((await readFile(file)).includes('//go:embed')) return false;
  return true;
}

/** https://go.dev/ref/mod#go-mod-file-replace: a path that begins with ./, ../ or a root. */
const replacedByFolder = /=>\s*["`]?(\.|\/|[A-Za-z]:)/;

/** Every Go file that a package below the folder can have; undefined where a link leads elsewhere, or there are many. */
async function goFiles(folder: string): Promise<string[] | undefined> {
  const found: string[] = [];
  const folders = [folder];
  let seen = 0;
  for (let current = folders.pop(); current !== undefined; current = folders.pop()) {
    for (const entry of await readdir(current, { withFileTypes: true })) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) {
        // no other name keeps a folder from being imported by its path
        if (!/^\.|^vendor$/.test(entry.name)) folders.push(path);
      } else if (entry.isSymbolicLink()) return undefined;
      else if (/(?<!_test)\.go$/.test(entry.name)) found.push(path);
    }
    if (found.length + ++seen > mostFiles) return undefined;
  }
  return found;
}
