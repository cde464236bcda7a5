import { sleep } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { type Git, remoteOf, tokenFor } from '../../core/records/git-access.ts';

/** Where commits go. */
export interface Upstream {
  readonly branch: string;
  readonly remote: string;
  /** Full name at the remote. */
  readonly ref: string;
}

/** @throws DETACHED_HEAD, or where there is no remote to push to */
export async function upstreamOf(git: Git, signal: AbortSignal): Promise<Upstream> {
  const branch = (await git(['symbolic-ref', '--quiet', '--short', 'HEAD'], { signal }).catch(() => '')).trim();
  if (branch === '')
    throw new SlipwayError('DETACHED_HEAD', 'no branch is checked out, so that there is none to push to', {
      hint: 'Check out the branch that the cluster follows: with actions/checkout, `ref: main`. Nothing was changed.',
    });
  const configured = async (key: string) =>
    (await git(['config', '--default', '', '--get', `branch.${branch}.${key}`], { signal })).trim();
  const remote = (await configured('remote')) || (await remoteOf(git, 'mode: render', signal));
  return { branch, remote, ref: (await configured('merge')) || `refs/heads/${branch}` };
}

const attempts = 6;

/**
 * Pushes the branch that is checked out; when others were first, it is put on top of theirs. Never by force.
 *
 * @throws PUSH_FAILED; our last commit is still there then
 */
export async function push(git: Git, { remote, ref }: Upstream, signal: AbortSignal): Promise<void> {
  const env = await tokenFor(git, remote, process.env, signal);
  for (let tries = 1; ; tries++) {
    try {
      await git(['push', '--quiet', '--no-verify', remote, `HEAD:${ref}`], { signal, env });
      return;
    } catch (error) {
      if (tries === attempts || signal.aborted) throw failed(`pushing to ${ref} of ${remote}`, error);
      log.info(`  the push was refused, trying again on top of what ${remote} has now`);
    }
    await onTop(git, { remote, ref }, { signal, env });
    await sleep(200 * tries * Math.random(), signal);
  }
}

async function onTop(
  git: Git,
  { remote, ref }: Pick<Upstream, 'remote' | 'ref'>,
  options: { signal: AbortSignal; env: NodeJS.ProcessEnv },
): Promise<void> {
  // a remote that cannot be reached is found by the next push
  const fetched = await git(['fetch', '--quiet', '--no-tags', remote, ref], options).then(
    () => true,
    () => false,
  );
  if (!fetched) return;
  try {
    await git(['rebase', '--quiet', '--autostash', 'FETCH_HEAD'], options);
  } catch (error) {
    await git(['rebase', '--abort'], options).catch(() => undefined);
    throw failed(`putting the commit on top of ${ref} of ${remote}`, error);
  }
}

function failed(doing: string, cause: unknown): SlipwayError {
  return new SlipwayError('PUSH_FAILED', `${doing}: ${messageOf(cause)}`, {
    hint: 'See that the job may push to this branch (permissions: contents: write; no branch protection for it), and that nobody else changes the same lines.',
    cause,
  });
}
