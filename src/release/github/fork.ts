import { readFile } from 'node:fs/promises';
import { messageOf, SlipwayError } from '../../core/errors.ts';

interface Repository {
  readonly full_name?: string;
}

/** Of a workflow's event, what tells whose code it brings. */
interface Event {
  readonly repository?: Repository;
  readonly pull_request?: { readonly number?: number; readonly head?: { readonly repo?: Repository | null } };
  readonly workflow_run?: { readonly event?: string; readonly head_repository?: Repository | null };
}

/** Modes that change nothing anywhere. */
const looking = new Set(['plan', 'status', 'verify', 'doctor']);

/**
 * Refuses what a fork's pull request must not do: whoever opens one chooses what slipway.yml and the program say. Called
 * before anything is read or begun.
 *
 * `pull_request` brings no secrets: there a fork may look (plan, status, verify, doctor) and build. `pull_request_target` and
 * `workflow_run` bring them: there only `plan` is let through, for a workflow that checked out the base.
 *
 * @throws SlipwayError FORK_REFUSED
 */
export async function refuseFork(env: NodeJS.ProcessEnv, mode: string): Promise<void> {
  const event = await eventOf(env);
  const fork = forkOf(event);
  if (fork === undefined) return;
  const privileged = env['GITHUB_EVENT_NAME'] !== 'pull_request';
  if (privileged ? mode === 'plan' : looking.has(mode) || mode === 'build') return;
  throw new SlipwayError('FORK_REFUSED', `mode ${mode} was asked for by ${fork}: nobody of this repository has`, {
    hint: 'Nothing was touched. Give pull requests mode plan; deploy when they are merged (on: push), or from a branch of this repository.',
  });
}

/** Pure: who brings the code, when it comes from a fork. */
export function forkOf({ repository, pull_request: pull, workflow_run: run }: Event): string | undefined {
  const home = repository?.full_name;
  const isForeign = (from: Repository | null | undefined) => from?.full_name !== home; // a fork that was deleted is null
  if (pull?.head !== undefined && isForeign(pull.head.repo))
    return `pull request ${pull.number} of the fork ${pull.head.repo?.full_name ?? '(deleted)'}`;
  if (run?.event?.startsWith('pull_request') && isForeign(run.head_repository))
    return `a pull request's workflow of the fork ${run.head_repository?.full_name ?? '(deleted)'}`;
  return undefined;
}

/** @returns the number of the pull request that the workflow runs for, if it does */
export async function pullRequestOf(env: NodeJS.ProcessEnv): Promise<number | undefined> {
  return (await eventOf(env)).pull_request?.number;
}

async function eventOf(env: NodeJS.ProcessEnv): Promise<Event> {
  const path = env['GITHUB_EVENT_PATH'] ?? '';
  if (path === '') return {};
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Event;
  } catch (error) {
    // Whether it comes from a fork is not known then; going on would be a guess.
    throw new SlipwayError(
      'EVENT_UNREADABLE',
      `the event of the workflow in ${path} cannot be read: ${messageOf(error)}`,
      {
        hint: 'Nothing was touched. The runner writes that file; GITHUB_EVENT_PATH says where.',
      },
    );
  }
}
