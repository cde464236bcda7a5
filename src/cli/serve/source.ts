import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { retry } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Finished } from '../../core/process.ts';
import { outputFolder } from '../../core/record/files.ts';
import { type Git, gitIn } from '../../core/records/git-access.ts';
import { nameOf, type Reference } from './wanted.ts';

/** A forge that is away is waited for; one that tells of a push a moment before git shows it is asked a few times. */
const [patience, moments] = [{ attempts: 1000, within: 60 * 60_000, pause: 300 }, 4];
/** Milliseconds for one git: the first one gets the whole repository. */
const timeout = 20 * 60_000;

type Pushed = Reference & { readonly commit: string };

/** What is there for a push. */
export interface Got {
  /** That is released. */
  readonly commit: string;
  /** Of its branch; a tag has none. */
  readonly head: string | undefined;
}

const remote = (branch: string) => `refs/remotes/origin/${branch}`;
const missing = (why: string) => new SlipwayError('COMMIT_MISSING', why);

/** A working tree of the repository, of our own. */
export class Source {
  readonly folder: string;
  readonly #git: Git;
  readonly #repository: string;

  constructor(folder: string, repository: string, env: NodeJS.ProcessEnv) {
    this.folder = folder;
    this.#repository = repository;
    this.#git = gitIn(folder, env, timeout);
  }

  /**
   * Gets what a branch or a tag has now, and makes sure that what was pushed is on a branch.
   *
   * @param branches on one of which a tag’s commit has to be
   * @throws SlipwayError COMMIT_MISSING when it is not, or there is no such branch or tag; GIT_FAILED
   */
  async fetch(pushed: Pushed, branches: readonly string[], signal: AbortSignal): Promise<Got> {
    const names = pushed.tag === undefined ? [pushed.branch] : branches;
    await this.#begin(signal);
    let tries = 0;
    return retry(
      async limited => {
        tries++;
        await this.#unlock();
        await this.#get(names, pushed.tag, limited);
        const commit =
          pushed.tag === undefined ? pushed.commit : await this.#commitOf(pushed.tag, pushed.commit, limited);
        for (const name of names)
          if (await this.contains(remote(name), commit, limited))
            return { commit, head: pushed.tag === undefined ? await this.#sha(remote(name), limited) : undefined };
        throw missing(`${commit} is not on ${names.join(' or ')} of the repository`);
      },
      {
        doing: `getting ${nameOf(pushed)}`,
        signal,
        ...patience,
        retriable: error => (error as SlipwayError).code !== 'COMMIT_MISSING' || tries < moments,
        onRetry: error => log.warning(`again in a moment: ${(error as Error).message}`),
      },
    );
  }

  async #get(branches: readonly string[], tag: string | undefined, signal: AbortSignal): Promise<void> {
    const refspecs = branches.map(name => `+refs/heads/${name}:${remote(name)}`);
    try {
      await this.#git(['fetch', '--quiet', '--force', '--tags', '--', 'origin', ...refspecs], { signal });
    } catch (error) {
      for (const name of branches)
        if (await this.#isGone(`refs/heads/${name}`, signal)) throw missing(`the repository has no branch ${name}`);
      throw error;
    }
    if (tag !== undefined && (await this.#isGone(`refs/tags/${tag}`, signal)))
      throw missing(`the repository has no tag ${tag}`);
  }

  /** The commit of a tag that still is what was pushed: that commit, or the annotated tag on it. */
  async #commitOf(tag: string, pushed: string, signal: AbortSignal): Promise<string> {
    const sha = (kind: string) => this.#sha(`refs/tags/${tag}^{${kind}}`, signal).catch(() => undefined);
    const [object, commit] = [await sha('object'), await sha('commit')];
    signal.throwIfAborted();
    if (commit !== undefined && (pushed === object || pushed === commit)) return commit;
    throw missing(`${tag} of the repository is ${commit === undefined ? 'no commit' : `${object}, not ${pushed}`}`);
  }

  async #sha(revision: string, signal: AbortSignal): Promise<string> {
    return (await this.#git(['rev-parse', '--verify', '--quiet', revision], { signal })).trim();
  }

  /** Whether the repository answers, and has no such reference. */
  async #isGone(reference: string, signal: AbortSignal): Promise<boolean> {
    const asked = this.#git(['ls-remote', '--exit-code', '--', 'origin', reference], { signal });
    return asked.then(
      () => false,
      // Source: git-ls-remote(1), --exit-code
      (error: Error) => (error.cause as Finished | undefined)?.code === 2,
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

  /**
   * The files of a commit, and no others but those that it ignores.
   *
   * @throws SlipwayError OUTPUT_LINKED when it has links where releases are written
   */
  async checkOut(commit: string, signal: AbortSignal): Promise<void> {
    const there = await this.#git(['ls-tree', '-r', commit, '--', outputFolder], { signal });
    const link = there.split('\n').find(line => line.startsWith('120000 '));
    if (link !== undefined)
      throw new SlipwayError(
        'OUTPUT_LINKED',
        `${commit} has the symbolic link ${link.split('\t')[1]}: what is built would be written where it leads`,
      );
    await this.#git(['checkout', '--quiet', '--force', '--detach', commit], { signal });
    await this.#git(['clean', '-ffd', '--quiet'], { signal });
  }

  async #begin(signal: AbortSignal): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.#unlock();
    if (!existsSync(join(this.folder, '.git', 'HEAD'))) await this.#git(['init', '--quiet', '--template='], { signal });
    await this.#git(['config', 'remote.origin.url', this.#repository], { signal });
    // a program that is built into .git/hooks would be run by the next checkout
    await this.#git(['config', 'core.hooksPath', '/dev/null'], { signal });
  }

  /** Takes away the locks of a git that was killed: nobody else works here. */
  async #unlock(): Promise<void> {
    const folder = join(this.folder, '.git');
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    for (const name of names.filter(one => one.endsWith('.lock'))) await rm(join(folder, name), { force: true });
  }
}
