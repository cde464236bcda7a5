import { constants, existsSync } from 'node:fs';
import { cp, mkdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { git } from '../../core/git.ts';

/** A second working tree of the same files and the same commit. */
export interface Copy {
  /** Top of the tree that was copied, and of the copy. */
  readonly from: string;
  readonly to: string;
  /** Where the working directory is in the copy. */
  readonly directory: string;
}

/**
 * Copies the tree that `directory` belongs to (the repository, else the workspace or module) to the folder `to`, which
 * must not exist: files as they are, generated and ignored ones too, without `leaveOut`. Of git's own folder it takes
 * what the go command asks for; objects are shared. A linked working tree (`git worktree`) would not do: the go command
 * stamps no commit where `.git` is a file.
 */
export async function copyTree(directory: string, to: string, leaveOut: string, signal: AbortSignal): Promise<Copy> {
  const own = await realpath(directory);
  const root = await gitRoot(own, signal);
  const from = root ?? moduleRoot(own);
  const out = join(own, leaveOut);
  const filter = (path: string) => {
    signal.throwIfAborted();
    return basename(path) !== '.git' && path !== out;
  };
  await cp(from, to, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE, filter });
  if (root !== undefined) await copyGit(join(root, '.git'), join(to, '.git'));
  return { from, to, directory: join(to, relative(from, own)) };
}

async function gitRoot(directory: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await realpath((await git(directory, ['rev-parse', '--show-toplevel'], signal)).trim());
  } catch (error) {
    if (error instanceof SlipwayError && ['PROGRAM_MISSING', 'PROCESS_FAILED'].includes(error.code)) return undefined;
    throw error;
  }
}

function moduleRoot(directory: string): string {
  for (const name of ['go.work', 'go.mod']) {
    for (let folder = directory; ; folder = dirname(folder)) {
      if (existsSync(join(folder, name))) return folder;
      if (folder === dirname(folder)) break;
    }
  }
  return directory;
}

const notNeeded = new Set(['objects', 'modules', 'worktrees', 'lfs', 'logs', 'hooks', 'config']);

async function copyGit(from: string, to: string): Promise<void> {
  const config = await readFile(join(from, 'config'), 'utf8').catch(() => undefined);
  if (config === undefined) return; // a linked working tree or a submodule: the go command sees no repository there either
  const filter = (path: string) =>
    !(dirname(path) === from && notNeeded.has(basename(path))) && !path.endsWith('.lock');
  await cp(from, to, { recursive: true, filter });
  await mkdir(join(to, 'objects/info'), { recursive: true });
  await writeFile(join(to, 'objects/info/alternates'), `${join(from, 'objects')}\n`);
  await writeFile(join(to, 'config'), withoutSecrets(config));
}

/** The sections that say how files are read. Others hold tokens (`http.extraheader`), URLs with passwords, includes. */
export function withoutSecrets(config: string): string {
  let keep = false;
  const lines = config.split('\n').filter(line => {
    const section = /^\s*\[\s*([\w.-]+)/.exec(line)?.[1];
    if (section !== undefined) keep = ['core', 'extensions', 'filter'].includes(section.toLowerCase());
    return keep;
  });
  return `${lines.join('\n')}\n`;
}
