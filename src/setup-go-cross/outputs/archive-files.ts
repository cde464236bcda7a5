import { glob, readdir, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import type { Entry } from '../../core/tar.ts';

/**
 * The files that go into every archive, sorted by name. A path below `directory` keeps its folders (`docs/usage.md`), one
 * from elsewhere only its name; a folder stands for all files below it.
 *
 * @throws SlipwayError ARCHIVE_FILE_MISSING, ARCHIVE_FILE_TWICE
 */
export async function archiveFiles(patterns: readonly string[], directory: string): Promise<Entry[]> {
  const paths = (await Promise.all(patterns.map(pattern => expand(pattern, directory)))).flat();
  const entries = new Map<string, Entry & { content: { path: string } }>();
  for (const path of new Set(paths)) {
    const inside = relative(directory, path).split(sep).join('/');
    const name = inside.startsWith('../') || isAbsolute(inside) ? basename(path) : inside;
    const other = entries.get(name)?.content.path;
    if (other !== undefined) {
      throw new SlipwayError(
        'ARCHIVE_FILE_TWICE',
        `input "archive-files": ${other} and ${path} would both be ${name}`,
        {
          hint: 'Leave one of them out, or copy it to another name first.',
        },
      );
    }
    // Of the permission bits only what git keeps: whether it can be started.
    const { mode } = await stat(path);
    entries.set(name, { name, mode: (mode & 0o100) === 0 ? 0o644 : 0o755, content: { path } });
  }
  return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function expand(pattern: string, directory: string): Promise<string[]> {
  const exact = resolve(directory, pattern);
  const info = await stat(exact).catch(() => undefined);
  if (info?.isFile()) return [exact];
  const found = info?.isDirectory()
    ? (await readdir(exact, { recursive: true })).map(name => join(exact, name))
    : (await Array.fromAsync(glob(pattern, { cwd: directory }))).map(name => resolve(directory, name));
  const kinds = await Promise.all(found.map(async path => ({ path, info: await stat(path) })));
  const files = kinds.filter(one => one.info.isFile()).map(one => one.path);
  if (files.length > 0) return files;
  throw new SlipwayError('ARCHIVE_FILE_MISSING', `input "archive-files": no file fits "${pattern}" in ${directory}`, {
    hint: 'Correct the path or the pattern; it is relative to working-directory. Nothing was built.',
  });
}
