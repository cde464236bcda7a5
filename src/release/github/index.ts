import { describe, messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { LoadedRecord } from '../../core/record/files.ts';
import { GitHubApi } from './api.ts';
import { stickyComment } from './comment.ts';
import {
  type BegunDeployment,
  beginDeployment,
  type DeploymentRequest,
  type EndState,
  endAbandoned,
  withdraw,
} from './deployments.ts';
import { type IssueRequest, oneIssue } from './issue.ts';
import { placeOf } from './place.ts';
import { type Published, publishRelease } from './release.ts';
import { type CommitStatus, commitStatus } from './status.ts';

export type { DeploymentRequest, EndState } from './deployments.ts';
export { pullRequestOf, refuseFork } from './fork.ts';
export type { IssueRequest } from './issue.ts';
export type { Published } from './release.ts';
export type { CommitStatus } from './status.ts';

/** A deployment on GitHub's page. */
export interface ShownDeployment {
  /** Says how it ended; call it in any case, also after a cancellation. */
  end(state: EndState, description: string): Promise<void>;
}

/**
 * What a run tells GitHub. All of it but the release is news about a deployment, not the deployment: when GitHub is
 * down, or the token lacks a permission, that is a warning with what to write in the workflow, and the run goes on.
 *
 *     await refuseFork(env, mode);                                            // first of all
 *     using github = openGitHub(env, signal);                                 // undefined: not on GitHub, or no token
 *     const shown = await github?.beginDeployment({ environment, ref: commit, version, url });
 *     …
 *     await shown?.end(healthy ? 'success' : 'failure', 'verified: v1.2.3');  // in `finally`
 *
 * Permissions: `deployments: write`, `statuses: write`, `pull-requests: write` (comment), `issues: write` (issue),
 * `contents: write` (release), `actions: read` (only to know sooner that another run has died).
 */
export interface GitHub extends Disposable {
  beginDeployment(request: DeploymentRequest): Promise<ShownDeployment>;
  /** For mode abort and the job that cleans up: marks what a dead run left as under way, also this run's when `sameRun`. */
  endAbandoned(environment: string, options: { sameRun: boolean }): Promise<void>;
  /** After a rollback that names no version: the newest deployment serves no more. */
  withdraw(environment: string): Promise<void>;
  commitStatus(status: CommitStatus): Promise<void>;
  /** One comment for each marker, updated in place. */
  stickyComment(pullRequest: number, marker: string, markdown: string): Promise<void>;
  /** One issue for each marker: opened, updated, closed, opened again. */
  oneIssue(request: IssueRequest): Promise<void>;
  /**
   * Publishes the GitHub release of `releaseTag(env)` with the record's files; the one call that throws.
   * Run again, it goes on where it was.
   */
  publishRelease(tag: string, record: LoadedRecord): Promise<Published>;
}

/** The tag that the workflow runs for, when the release has its name: then there is a GitHub release to publish. */
export function releaseTag(env: NodeJS.ProcessEnv, version: string): string | undefined {
  const tag = env['GITHUB_REF_TYPE'] === 'tag' ? env['GITHUB_REF_NAME'] : undefined;
  return tag !== undefined && tag.split('/').at(-1) === version ? tag : undefined;
}

/** @returns undefined outside of GitHub's workflows or without GITHUB_TOKEN: everything works without it */
export function openGitHub(env: NodeJS.ProcessEnv, signal: AbortSignal): GitHub | undefined {
  const place = placeOf(env);
  return place === undefined ? undefined : gitHub(new GitHubApi(place), signal);
}

export function gitHub(api: GitHubApi, signal: AbortSignal): GitHub {
  const softly = async <T>(task: Promise<T>): Promise<T | undefined> => {
    try {
      return await task;
    } catch (error) {
      if (signal.aborted && error === signal.reason) throw error;
      log.warning(error instanceof SlipwayError ? describe(error) : messageOf(error));
      return undefined;
    }
  };
  return {
    beginDeployment: async request => {
      const begun: BegunDeployment | undefined = await softly(beginDeployment(api, request, signal));
      return { end: async (state, description) => void (begun && (await softly(begun.end(state, description)))) };
    },
    endAbandoned: async (environment, { sameRun }) =>
      void (await softly(endAbandoned(api, environment, sameRun, signal))),
    withdraw: async environment => void (await softly(withdraw(api, environment, signal))),
    commitStatus: async status => void (await softly(commitStatus(api, status, signal))),
    stickyComment: async (pullRequest, marker, markdown) =>
      void (await softly(stickyComment(api, pullRequest, marker, markdown, signal))),
    oneIssue: async request => void (await softly(oneIssue(api, request, signal))),
    publishRelease: (tag, record) => publishRelease(api, tag, record, signal),
    [Symbol.dispose]: () => api.close(),
  };
}
