/** The repository that is spoken to, and the run that speaks. */
export interface Place {
  readonly token: string;
  /** `acme/hello`. */
  readonly repository: string;
  /** Without a slash at the end: `https://api.github.com`, of a GitHub Enterprise Server `https://HOST/api/v3`. */
  readonly api: string;
  /** Where people look: `https://github.com`. */
  readonly server: string;
  readonly run: Run;
}

export interface Run {
  /** Number of the workflow run, the same for all its attempts; empty outside of a workflow. */
  readonly id: string;
  /** 1 is the first. */
  readonly attempt: number;
  /** Its page; empty outside of a workflow. */
  readonly url: string;
}

/**
 * Where GitHub is and who we are there, as a workflow's environment says it. A token is never looked for elsewhere:
 * a workflow has to hand it over (`env: GITHUB_TOKEN`).
 *
 * @returns undefined without a token or repository, under Gitea and Forgejo (they set the same variables for an API
 *   that is not GitHub's), and under act, whose runs must not speak for the real repository
 */
export function placeOf(env: NodeJS.ProcessEnv): Place | undefined {
  const { GITHUB_TOKEN: token = '', GITHUB_REPOSITORY: repository = '' } = env;
  const api = (env['GITHUB_API_URL'] || usualApi).replace(/\/+$/, '');
  const other = env['GITEA_ACTIONS'] === 'true' || env['FORGEJO_ACTIONS'] === 'true';
  const rehearsal = env['ACT'] === 'true' && api === usualApi;
  if (token === '' || !/^[^/]+\/[^/]+$/.test(repository) || other || rehearsal) return undefined;
  const server = env['GITHUB_SERVER_URL'] || 'https://github.com';
  return { token, repository, api, server, run: runOf(env, `${server}/${repository}`) };
}

const usualApi = 'https://api.github.com';

function runOf(env: NodeJS.ProcessEnv, page: string): Run {
  const id = env['GITHUB_RUN_ID'] ?? '';
  const attempt = Number(env['GITHUB_RUN_ATTEMPT'] || 1);
  return { id, attempt, url: id === '' ? '' : `${page}/actions/runs/${id}` };
}
