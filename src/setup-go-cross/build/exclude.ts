import { appendFile, mkdir } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';
import { git } from '../../core/git.ts';
import { log } from '../../core/log.ts';

/**
 * Lets git ignore what a run writes, by .git/info/exclude: else the next build would be "modified" and get another hash.
 * Outside a repository, or without git, there is nothing to do.
 */
export async function excludeFromGit(directory: string, paths: readonly string[], signal: AbortSignal): Promise<void> {
  if (paths.length === 0) return;
  let [root, file] = ['', ''];
  try {
    const answer = await git(directory, ['rev-parse', '--show-toplevel', '--git-path', 'info/exclude'], signal);
    [root = '', file = ''] = answer.trim().split('\n');
  } catch (error) {
    if (error instanceof SlipwayError && ['PROGRAM_MISSING', 'PROCESS_FAILED'].includes(error.code)) return;
    throw error;
  }
  const target = resolve(directory, file);
  const inside = paths.map(path => relative(root, path).split(sep).join('/') + (path.endsWith(sep) ? '/' : ''));
  const wanted = inside.filter(path => path !== '' && !path.startsWith('../')).map(path => `/${path}`);
  const present = (await readIfThere(target)) ?? '';
  const missing = wanted.filter(line => !present.split('\n').includes(line));
  if (missing.length === 0) return;
  const gap = present === '' || present.endsWith('\n') ? '' : '\n';
  try {
    await mkdir(dirname(target), { recursive: true });
    await appendFile(target, `${gap}${missing.join('\n')}\n`);
  } catch (error) {
    log.warning(
      `${target} cannot be written (${(error as NodeJS.ErrnoException).code}): put ${missing.join(', ')} into .gitignore, else builds count as modified`,
    );
  }
}
