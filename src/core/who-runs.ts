import { hostname, userInfo } from 'node:os';

/** The actor and the run where a workflow runs it, else user and machine: `octocat, acme/hello run 123 attempt 1`, `user@host`. */
export function whoRuns(env: NodeJS.ProcessEnv): string {
  const {
    GITHUB_ACTOR: actor,
    GITHUB_REPOSITORY: repository,
    GITHUB_RUN_ID: run,
    GITHUB_RUN_ATTEMPT: attempt = '1',
  } = env;
  if (run) return `${actor || 'unknown'}, ${repository ?? ''} run ${run} attempt ${attempt}`;
  if (actor) return actor;
  return `${userInfo().username}@${hostname()}`;
}
