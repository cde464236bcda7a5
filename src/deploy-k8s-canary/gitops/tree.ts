import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { writeAtomic } from '../../core/files.ts';
import { gitState } from '../../core/git.ts';
import { log } from '../../core/log.ts';
import { gitIn } from '../../core/records/git-access.ts';
import { type Source, sourceOf } from './documents.ts';
import { push, type Upstream, upstreamOf } from './push.ts';
import { literal, readSources, treeFiles } from './tree-files.ts';

/** The manifests of a working tree, and the commits that change them. */
export interface Tree {
  /** Where commits are pushed to; undefined where they stay here. */
  readonly upstream: Upstream | undefined;
  /** The commit that is checked out. */
  head(signal: AbortSignal): Promise<string>;
  /** The files as they are now. */
  sources(): Promise<Source[]>;
  /** A file as a commit has it. */
  at(commit: string, source: Source, signal: AbortSignal): Promise<Source>;
  /**
   * Commits one file with this text, and pushes it. A file that has it already makes no commit, but what an earlier run could not
   * push is pushed.
   *
   * @param message the subject, and lines below it
   * @returns whether a commit was made
   * @throws PUSH_FAILED, with the file and the branch as they were before
   */
  commit(source: Source, text: string, message: readonly [string, ...string[]], signal: AbortSignal): Promise<boolean>;
}

/** Who commits where git knows nobody. */
const nobody = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap(who => [
    [`GIT_${who}_NAME`, 'Slipway'],
    [`GIT_${who}_EMAIL`, 'slipway@localhost'],
  ]),
);

/** Milliseconds to undo a commit, also of a run that is cancelled. */
const undoWithin = 5000;

/**
 * Opens the working tree around `directory` for changes of these files. Reads only.
 *
 * @throws what {@link treeFiles} and {@link upstreamOf} find
 */
export async function openTree(
  given: readonly string[],
  { directory, pushes, signal }: { directory: string; pushes: boolean; signal: AbortSignal },
): Promise<Tree> {
  const state = await gitState(directory, signal);
  if (typeof state === 'string')
    throw new SlipwayError('RENDER_NO_TREE', `${directory} is no working tree of git (${state})`, {
      hint: 'Check out the repository that the cluster follows, and set working-directory to its folder. Nothing was changed.',
    });
  const root = await realpath(state.root);
  const asked = gitIn(root, process.env);
  const known = (await asked(['config', '--default', '', '--get', 'user.email'], { signal })).trim() !== '';
  const plain = gitIn(root, { ...(known ? {} : nobody), ...process.env, GIT_EDITOR: 'true' });
  // hooks are for people's commits
  const git: typeof plain = (args, options) => plain(['-c', 'core.hooksPath=/dev/null', ...args], options);
  const upstream = pushes ? await upstreamOf(git, signal) : undefined;
  const files = await treeFiles(given, { directory, root, git, signal });
  const values = new Map(files.map(({ path, value }) => [path, value]));
  const head = async (limited: AbortSignal) => (await git(['rev-parse', 'HEAD'], { signal: limited })).trim();

  return {
    upstream,
    head,
    sources: () => readSources(files),
    async at(commit, { path }, limited) {
      const show = () => git(['show', `${commit}:${path}`], { signal: limited });
      const text = await show().catch(async () => {
        // a checkout without history
        await git(['fetch', '--quiet', '--depth=1', '--no-tags', upstream?.remote ?? 'origin', commit], {
          signal: limited,
        });
        return show();
      });
      return sourceOf(path, text, values.get(path));
    },
    async commit(source, text, [subject, ...body], limited) {
      const { path } = source;
      const file = join(root, path);
      const put = async (content: string) => writeAtomic(file, content, (await stat(file)).mode & 0o777);
      const changed = source.text !== text;
      if (changed) {
        await put(text);
        try {
          const message = ['-m', subject, ...(body.length === 0 ? [] : ['-m', body.join('\n')])];
          await git(['commit', '--quiet', ...message, '--only', '--', literal(path)], { signal: limited });
        } catch (error) {
          await put(source.text);
          throw error;
        }
        log.info(`  committed ${(await head(limited)).slice(0, 12)}: ${subject}`);
      }
      if (upstream === undefined) return changed;
      try {
        await push(git, upstream, limited);
      } catch (error) {
        if (changed) {
          const undo = { signal: AbortSignal.timeout(undoWithin) };
          await git(['reset', '--quiet', '--soft', 'HEAD~1'], undo);
          await git(['checkout', '--quiet', 'HEAD', '--', literal(path)], undo);
        }
        throw error;
      }
      return changed;
    },
  };
}
