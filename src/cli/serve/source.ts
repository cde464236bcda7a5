import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { retry } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { type Git, gitIn } from '../../core/records/git-access.ts';

/** A forge that is away is waited for; one that tells of a push a moment before git shows it is asked a few times. */
const [patience, moments] = [{ attempts: 1000, within: 60 * 60_000, pause: 300 }, 4];

/** A working tree of the repository, of our own. */
export class Source {
  readonly folder: string;
  readonly #git: Git;
  readonly #repository: string;

  constructor(folder: string, repository: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#repository = repository;
    this.#git = gitIn(folder, env);
  }

  /**
   * Gets what a branch has now, and makes sure that a commit is on it.
   *
   * @returns the head of the branch
   * @throws SlipwayError COMMIT_MISSING when the commit is not on the branch; GIT_FAILED
   */
  async fetch(branch: string, commit: string, signal: AbortSignal): Promise<string> {
    await this.#begin(signal);
    let tries = 0;
    return retry(
      async limited => {
        tries++;
        const reference = `refs/remotes/origin/${branch}`;
        const refspec = `+refs/heads/${branch}:${reference}`;
        await this.#git(['fetch', '--quiet', '--force', '--tags', '--', this.#repository, refspec], {
          signal: limited,
        });
        if (!(await this.contains(reference, commit, limited)))
          throw new SlipwayError('COMMIT_MISSING', `${commit} is not on ${branch} of the repository`);
        return (await this.#git(['rev-parse', '--verify', reference], { signal: limited })).trim();
      },
      {
        doing: `getting ${branch}`,
        signal,
        ...patience,
        retriable: error => (error as SlipwayError).code !== 'COMMIT_MISSING' || tries < moments,
        onRetry: error => log.warning(`again in a moment: ${(error as Error).message}`),
      },
    );
  }

  /** Whether a commit is an ancestor of another, or the same; what is not there is none. */
  async contains(of: string, commit: string, signal: AbortSignal): Promise<boolean> {
    const { code } = await this.#git(['merge-base', '--is-ancestor', commit, of], { signal }).then(
      () => ({ code: 'YES' }),
      (error: SlipwayError) => error,
    );
    signal.throwIfAborted();
    return code === 'YES';
  }

  /** The files of a commit, and no others but those that it ignores. */
  async checkOut(commit: string, signal: AbortSignal): Promise<void> {
    await rm(join(this.folder, '.git', 'index.lock'), { force: true }); // of a git that was killed
    await this.#git(['checkout', '--quiet', '--force', '--detach', commit], { signal });
    await this.#git(['clean', '-ffd', '--quiet'], { signal });
  }

  async #begin(signal: AbortSignal): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    if (existsSync(join(this.folder, '.git', 'HEAD'))) return;
    await this.#git(['init', '--quiet', '--template='], { signal });
  }
}
