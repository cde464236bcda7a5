import type { GitHubApi } from './api.ts';
import { type Found, lookBack, ours } from './past-deployments.ts';
import { shortenLine } from './shorten.ts';

/** What is about to be deployed where. */
export interface DeploymentRequest {
  /** Name of the environment: `production`. */
  readonly environment: string;
  /** Full sha of the commit that the release was built from, which is not the workflow's when an old one is deployed. */
  readonly ref: string;
  readonly version: string;
  /** Where people find what is deployed. */
  readonly url?: string;
  /** Will be gone one day, as a preview is. */
  readonly transient?: boolean;
}

export type EndState = 'success' | 'failure' | 'error' | 'inactive';

/** A deployment that GitHub shows as under way. */
export interface BegunDeployment {
  readonly id: number;
  /**
   * Says how it ended; `success` makes those before it inactive. Also called when the run was cancelled: it has ten
   * seconds of its own for it.
   *
   * @param description one sentence; GitHub shows 140 characters
   */
  end(state: EndState, description: string): Promise<void>;
}

const needs = 'deployments: write';
const within = 60_000;

/**
 * Tells GitHub that a deployment begins. What an ended run left as under way in this environment is marked as an error
 * first. The deployment that GitHub itself made for the job's `environment:` is used when it is of the same commit;
 * `environment: { deployment: false }` keeps GitHub from making one.
 */
export async function beginDeployment(
  api: GitHubApi,
  request: DeploymentRequest,
  signal: AbortSignal,
): Promise<BegunDeployment> {
  const { environment } = request;
  const doing = `creating the deployment to ${environment}`;
  return api.trying(
    async limited => {
      // Also after a try whose answer was lost: what it created is found here.
      const past = await lookBack(api, environment, limited);
      const mine = past.find(one => one.isOurs && one.isUnfinished && one.deployment.sha === request.ref);
      for (const { deployment } of past.filter(one => one.isAbandoned))
        await say(api, deployment.id, { state: 'error', description: 'the run ended without a word' }, limited);
      const id = mine?.deployment.id ?? (await create(api, request, doing, limited));
      await say(api, id, { state: 'in_progress', description: request.version, ...urls(api, request) }, limited);
      return { id, end: (state, description) => end(api, id, request, { state, description }) };
    },
    { doing, within, signal },
  );
}

/**
 * Marks what ended runs left as under way.
 *
 * @param sameRun also what this very run left, for a job that cleans up after the one that deployed
 * @returns how many there were
 */
export async function endAbandoned(
  api: GitHubApi,
  environment: string,
  sameRun: boolean,
  signal: AbortSignal,
): Promise<number> {
  const doing = `marking the deployments to ${environment} that nobody ended`;
  return api.trying(
    async limited => {
      const past = await lookBack(api, environment, limited);
      const left = past.filter(one => one.isAbandoned || (sameRun && one.isOurs && one.isUnfinished));
      for (const { deployment } of left)
        await say(api, deployment.id, { state: 'error', description: 'the run ended without a word' }, limited);
      return left.length;
    },
    { doing, within, signal },
  );
}

/**
 * A deployment was taken back without another one: what GitHub shows as serving does not serve any more. What serves
 * instead is not said, as places may have gone back to releases of their own.
 */
export async function withdraw(api: GitHubApi, environment: string, signal: AbortSignal): Promise<void> {
  const doing = `withdrawing the deployment to ${environment}`;
  await api.trying(
    async limited => {
      const serving = (await lookBack(api, environment, limited)).find(one => one.state === 'success');
      const status = { state: 'inactive', description: 'rolled back', ...urls(api, {}) } as const;
      if (serving !== undefined) await say(api, serving.deployment.id, status, limited);
    },
    { doing, within, signal },
  );
}

async function create(api: GitHubApi, request: DeploymentRequest, doing: string, signal: AbortSignal): Promise<number> {
  const { environment, ref, version, transient = false } = request;
  const json = {
    ref,
    environment,
    description: shortenLine(version),
    auto_merge: false,
    // What must have passed is `require` in slipway.yml; GitHub would wait for the status that this run itself sets.
    required_contexts: [],
    transient_environment: transient,
    payload: { slipway: ours(api.place.run, version) },
  };
  const { id } = await api.send<{ id: number }>({ doing, method: 'POST', path: '/deployments', json, needs }, signal);
  return id;
}

async function end(
  api: GitHubApi,
  id: number,
  request: DeploymentRequest,
  status: { state: EndState; description: string },
): Promise<void> {
  const doing = `ending the deployment to ${request.environment}`;
  await api.trying(
    async limited => {
      await say(api, id, { ...status, auto_inactive: true, ...urls(api, request) }, limited);
      if (status.state === 'success') await retire(api, request.environment, id, limited);
    },
    { doing, within: 10_000, signal: new AbortController().signal },
  );
}

/** GitHub makes older deployments inactive by itself, but not those to production environments. */
async function retire(api: GitHubApi, environment: string, id: number, signal: AbortSignal): Promise<void> {
  const older = (await lookBack(api, environment, signal)).filter(isOlder(id));
  for (const { deployment } of older.filter(one => one.state === 'success'))
    await say(api, deployment.id, { state: 'inactive', description: 'another release was deployed' }, signal);
}

function isOlder(id: number): (found: Found) => boolean {
  return ({ deployment }) => deployment.id < id && !deployment.transient_environment;
}

function urls(
  { place }: GitHubApi,
  { url }: Pick<DeploymentRequest, 'url'>,
): { environment_url?: string; log_url?: string } {
  return {
    ...(url === undefined ? {} : { environment_url: url }),
    ...(place.run.url === '' ? {} : { log_url: place.run.url }),
  };
}

interface Status {
  readonly state: EndState | 'in_progress';
  readonly description: string;
  readonly environment_url?: string;
  readonly log_url?: string;
  readonly auto_inactive?: boolean;
}

async function say(api: GitHubApi, id: number, status: Status, signal: AbortSignal): Promise<void> {
  const json = { ...status, description: shortenLine(status.description) };
  const doing = `setting deployment ${id} to ${status.state}`;
  await api.send({ doing, method: 'POST', path: `/deployments/${id}/statuses`, json, needs }, signal);
}
