import { readFile } from 'node:fs/promises';
import type { LoadedRecord } from '../../core/record/files.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import { codeBlock } from '../../core/summary.ts';
import type { Mode } from '../modes.ts';
import { type GitHub, openGitHub, pullRequestOf, releaseTag, type ShownDeployment } from './index.ts';

/** A run of the chain, as far as GitHub is told of it. */
export interface Followed {
  readonly mode: Mode;
  /** Of slipway.yml. Without environments what is deployed to is called `production`, as GitHub calls it. */
  readonly environment: string | undefined;
  /** Where people find what runs there. */
  readonly url: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** How it ended. */
export interface Ending {
  /** Also when it was cancelled. */
  readonly failed: boolean;
  /** Of the deployments, that of the worst. */
  readonly state?: string | undefined;
  readonly verdict?: string | undefined;
  /** Whether anything was changed in a place. */
  readonly changed?: boolean;
  readonly record?: LoadedRecord | undefined;
}

/** Tells GitHub what a run does; away from GitHub, or without GITHUB_TOKEN, all of it does nothing. */
export interface Follower extends Disposable {
  /** Just before the first deployment: the deployment is under way, and so is the status of the release's commit. */
  begins(record: ReleaseRecord): Promise<void>;
  /**
   * After the last link: deployment and status have ended; a plan is the pull request's comment, an audit the issue; at a
   * tag the GitHub release is published.
   *
   * @returns what kept the release from being published; nothing else is an error
   */
  ends(ending: Ending): Promise<unknown>;
}

/** A rollout that is held or goes on has not ended for GitHub either. */
const underWay = ['paused', 'progressing'];
const publishing: readonly Mode[] = ['release', 'build'];

export async function follow(run: Followed): Promise<Follower> {
  const github = openGitHub(run.env, run.signal);
  if (github === undefined) return { begins: async () => {}, ends: async () => undefined, [Symbol.dispose]: () => {} };
  const written = (await summaryOf(run.env)).length;
  const environment = run.environment ?? 'production';
  const context = `slipway/${environment}`;
  let shown: { deployment: ShownDeployment; commit: string; version: string } | undefined;
  return {
    begins: async ({ commit, version }) => {
      if (commit === undefined) return; // built outside of a repository: GitHub knows nothing of it
      const { url } = run;
      const request = { environment, ref: commit, version, ...(url === undefined ? {} : { url }) };
      shown = { deployment: await github.beginDeployment(request), commit, version };
      await github.commitStatus({ commit, context, state: 'pending', description: `deploying ${version}` });
    },
    ends: async ending => {
      const { failed, state, verdict, record } = ending;
      if (shown !== undefined && (failed || !underWay.includes(state ?? ''))) {
        const { deployment, commit, version } = shown;
        const word = failed ? (state ?? 'failed') : verdict === 'verified' ? 'verified' : 'deployed';
        const description = `${word}: ${version}`;
        const end = failed ? 'failure' : 'success';
        await deployment.end(end, description);
        await github.commitStatus({ commit, context, state: end, description });
      }
      if (run.signal.aborted) return undefined;
      await report(
        github,
        run,
        environment,
        { ...ending, isDeployment: shown !== undefined },
        (await summaryOf(run.env)).slice(written),
      );
      const tag = record === undefined ? undefined : releaseTag(run.env, record.record.version);
      if (failed || tag === undefined || !publishing.includes(run.mode)) return undefined;
      return github.publishRelease(tag, record!).then(
        () => undefined,
        (error: unknown) => error,
      );
    },
    [Symbol.dispose]: () => github[Symbol.dispose](),
  };
}

async function report(
  github: GitHub,
  { mode, env }: Followed,
  environment: string,
  { failed, changed, record, isDeployment }: Ending & { isDeployment: boolean },
  summary: string,
): Promise<void> {
  const text = summary.trim() || codeBlock('Nothing was written to the job summary; the log of the run has it all.');
  if (mode === 'rollback' && changed === true && !isDeployment) await github.withdraw(environment);
  if (mode === 'abort') await github.endAbandoned(environment, { sameRun: true });
  // Without a record the audit was not begun.
  if (mode === 'audit' && record !== undefined) {
    const title = `The audit of ${environment} failed`;
    const state = failed ? 'open' : 'closed';
    await github.oneIssue({ marker: `audit ${environment}`, title, state, markdown: text });
  }
  const pullRequest = mode === 'plan' ? await pullRequestOf(env) : undefined;
  if (pullRequest !== undefined) await github.stickyComment(pullRequest, `plan ${environment}`, text);
}

/** The job summary so far: what the actions of a run wrote there is what people want to see elsewhere, too. */
async function summaryOf({ GITHUB_STEP_SUMMARY: file }: NodeJS.ProcessEnv): Promise<string> {
  return file ? readFile(file, 'utf8').catch(() => '') : '';
}
