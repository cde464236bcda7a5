import { readFile, realpath } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import type { Git } from '../../core/records/git-access.ts';
import { expand } from '../manifests.ts';
import { type Source, sourceOf } from './documents.ts';

/** A file of the working tree that may be written. */
export interface TreeFile {
  /** Where it is, links followed. */
  readonly file: string;
  /** The same within the tree, as git writes it. */
  readonly path: string;
  /** Of `FILE#a.b`. */
  readonly value?: readonly string[];
}

/**
 * The files that the input names, each of them in the working tree, known to git, and as it was committed.
 *
 * @param root of the working tree, links followed
 * @throws RENDER_OUTSIDE, RENDER_UNTRACKED, RENDER_DIRTY
 */
export async function treeFiles(
  given: readonly string[],
  { directory, root, git, signal }: { directory: string; root: string; git: Git; signal: AbortSignal },
): Promise<TreeFile[]> {
  const found = new Map<string, TreeFile>();
  for (const one of given) {
    const [path = '', value] = one.split('#');
    for (const named of await expand(path, directory)) {
      const file = await realpath(named).catch(cause => {
        throw wrong('RENDER_MISSING', `there is no file ${named}`, 'Correct the input "manifests".', cause);
      });
      const within = relative(root, file).split(sep).join('/');
      if (within.startsWith('../') || within === '..' || within === file || /^\.git(\/|$)/.test(within))
        throw wrong(
          'RENDER_OUTSIDE',
          `${one} is ${file}, which is not in the working tree ${root}`,
          'Name files of the repository that is checked out; a link must not lead out of it.',
        );
      found.set(file, { file, path: within, ...(value === undefined ? {} : { value: value.split('.') }) });
    }
  }
  const files = [...found.values()];
  const paths = files.map(({ path }) => path);
  const known = (await git(['ls-files', '-z', '--', ...paths.map(literal)], { signal })).split('\0');
  const unknown = paths.filter(path => !known.includes(path));
  if (unknown.length > 0)
    throw wrong(
      'RENDER_UNTRACKED',
      `git does not know ${unknown.join(', ')}`,
      'Commit what the cluster follows, then name it.',
    );
  const dirty = await git(['status', '--porcelain', '--', ...paths.map(literal)], { signal });
  if (dirty.trim() !== '')
    throw wrong(
      'RENDER_DIRTY',
      `these files are changed and not committed: ${dirty.trim().split('\n').join(', ')}`,
      'Commit these changes, or take them back: the release’s commit must hold nothing else.',
    );
  return files;
}

/** Names with `*` or `[` are names. */
export const literal = (path: string) => `:(top,literal)${path}`;

export async function readSources(files: readonly TreeFile[]): Promise<Source[]> {
  return Promise.all(files.map(async ({ file, path, value }) => sourceOf(path, await readFile(file, 'utf8'), value)));
}

function wrong(code: string, message: string, hint: string, cause?: unknown): SlipwayError {
  return new SlipwayError(code, message, { hint: `${hint} Nothing was changed.`, cause });
}
