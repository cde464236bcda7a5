/** Who built, in the words of SLSA provenance: from the runner's own variables, else "some machine". */
export interface Builder {
  readonly id: string;
  /** One run of the workflow; absent outside of Actions. */
  readonly invocation: string | undefined;
  /** Where the source came from, with the ref: `git+https://github.com/acme/hello@refs/tags/v1.2.3`. */
  readonly source: string | undefined;
  /** What the run itself says of its event and runner. */
  readonly github: Readonly<Record<string, string>> | undefined;
}

/** What a build outside of Actions says of its builder: no name of the machine or of its user. */
export const localBuilder = 'urn:slipway:local-builder';

/** The id is the workflow at its ref: who trusts that file trusts the statement. */
export function builderOf(env: NodeJS.ProcessEnv): Builder {
  const { GITHUB_ACTIONS, GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = env;
  const { GITHUB_WORKFLOW_REF: workflow, GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt } = env;
  if (GITHUB_ACTIONS !== 'true' || !server || !repository || !workflow)
    return { id: localBuilder, invocation: undefined, source: undefined, github: undefined };
  const facts = {
    workflow_sha: env['GITHUB_WORKFLOW_SHA'],
    event_name: env['GITHUB_EVENT_NAME'],
    repository_id: env['GITHUB_REPOSITORY_ID'],
    repository_owner_id: env['GITHUB_REPOSITORY_OWNER_ID'],
    runner_environment: env['RUNNER_ENVIRONMENT'],
  };
  const known = Object.entries(facts).filter((fact): fact is [string, string] => Boolean(fact[1]));
  return {
    id: `${server}/${workflow}`,
    invocation: run ? `${server}/${repository}/actions/runs/${run}/attempts/${attempt || 1}` : undefined,
    source: `git+${server}/${repository}${env['GITHUB_REF'] ? `@${env['GITHUB_REF']}` : ''}`,
    github: known.length === 0 ? undefined : Object.fromEntries(known),
  };
}
