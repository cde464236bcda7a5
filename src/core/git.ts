import { SlipwayError } from './errors.ts';
import { run } from './process.ts';

/** What a repository says about the commit that is checked out. */
export interface GitState {
  /** The repository's top folder. */
  readonly root: string;
  /** Full sha. */
  readonly commit: string;
  /** Of the commit, ISO 8601 in UTC, whole seconds. */
  readonly commitTime: string;
  /** Changed or untracked files, as `git status --porcelain` prints them: what the go command calls modified. */
  readonly changes: readonly string[];
  readonly tagsOnHead: readonly string[];
  /** Tags reachable from HEAD. */
  readonly tags: readonly string[];
}

export type NoGit = 'no-git' | 'no-repository' | 'no-commit';

/**
 * Asks git about `directory`. Without the program, a repository or a commit, the reason is returned.
 *
 * @throws SlipwayError GIT_DUBIOUS_OWNERSHIP when git refuses a repository of another user
 */
export async function gitState(directory: string, signal?: AbortSignal): Promise<GitState | NoGit> {
  let root: string;
  try {
    root = (await git(directory, ['rev-parse', '--show-toplevel'], signal)).trim();
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'PROGRAM_MISSING') return 'no-git';
    if (error instanceof SlipwayError && error.code === 'PROCESS_FAILED') return reasonOf(error);
    throw error;
  }
  const head = await git(directory, ['log', '-1', '--no-show-signature', '--format=%H %ct'], signal).catch(
    (error: unknown) => {
      if (error instanceof SlipwayError && error.code === 'PROCESS_FAILED') return '';
      throw error;
    },
  );
  const [commit = '', seconds] = head.trim().split(' ');
  if (commit === '') return 'no-commit';
  const [status, onHead, reachable] = await Promise.all([
    git(root, ['status', '--porcelain'], signal),
    git(directory, ['tag', '--points-at', 'HEAD'], signal),
    git(directory, ['tag', '--merged', 'HEAD'], signal),
  ]);
  return {
    root,
    commit,
    commitTime: new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z'),
    changes: lines(status),
    tagsOnHead: lines(onHead),
    tags: lines(reachable),
  };
}

/** Runs git and returns what it printed. Messages are English, whatever the user's language. */
export async function git(directory: string, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const { stdout } = await run(['git', '-C', directory, ...args], {
    timeout: 60_000,
    env: { ...process.env, LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
    ...(signal === undefined ? {} : { signal }),
  });
  return stdout;
}

function reasonOf(error: SlipwayError): NoGit {
  // The text decides only which advice is given: git has one exit code, 128, for all of this.
  const refused = /dubious ownership in repository at '([^']+)'/.exec(error.message);
  if (refused === null) return 'no-repository';
  throw new SlipwayError('GIT_DUBIOUS_OWNERSHIP', `git refuses the repository ${refused[1]}: another user owns it`, {
    hint: `Run before this step: git config --global --add safe.directory "${refused[1]}"`,
    cause: error,
  });
}

const lines = (text: string) => text.split('\n').filter(line => line !== '');
