import { createHash } from 'node:crypto';
import { glob } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { readIfThere } from '../../core/files.ts';
import { moduleFile } from '../go-version/find.ts';

/**
 * One hash over the files that say which modules are needed: what `patterns` name, else go.mod and go.sum, those of
 * every module of a go.work among them. They are named, never searched for: a walk over a large repository takes
 * longer than the cache saves (the `**\/go.sum` that users of setup-go write).
 */
export async function dependencyHash(
  directory: string,
  patterns: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const files =
    patterns.length > 0
      ? (await Array.fromAsync(glob(patterns as string[], { cwd: directory }))).map(file => join(directory, file))
      : await namedFiles(directory, env);
  const hash = createHash('sha256');
  for (const file of [...new Set(files)].sort()) {
    const text = await readIfThere(file);
    // Relative: another checkout of the same files is the same.
    if (text !== undefined) hash.update(`${relative(directory, file)}\0${text}\0`);
  }
  return hash.digest('hex');
}

async function namedFiles(directory: string, env: NodeJS.ProcessEnv): Promise<string[]> {
  const found = await moduleFile(directory, env);
  if (found === undefined) return [];
  const folder = dirname(found);
  if (found.endsWith('.mod')) return ofModule(folder);
  const work = (await readIfThere(found)) ?? '';
  return [found, `${found}.sum`, ...usedModules(work).flatMap(path => ofModule(resolve(folder, path)))];
}

const ofModule = (folder: string) => [join(folder, 'go.mod'), join(folder, 'go.sum')];

/** The folders of the `use` lines of a go.work, one a line or in parentheses, quoted or not. */
export function usedModules(work: string): string[] {
  const found: string[] = [];
  let block: string | undefined;
  for (const raw of work.split('\n')) {
    const line = raw.replace(/\/\/.*$/, '').trim();
    const opened = /^(\w+)\s*\($/.exec(line)?.[1];
    if (opened !== undefined) block = opened;
    else if (line === ')') block = undefined;
    else {
      const path = block === 'use' ? line : block === undefined ? /^use\s+(.*)$/.exec(line)?.[1] : undefined;
      if (path) found.push(path.replace(/^(["`])(.*)\1$/, '$2'));
    }
  }
  return found;
}
