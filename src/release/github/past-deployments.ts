import { type GitHubApi, parsed } from './api.ts';
import { GitHubError } from './failure.ts';
import type { Run } from './place.ts';

/** Of GitHub's answer, what is used. */
interface Deployment {
  readonly id: number;
  readonly sha: string;
  /** An object, or its JSON. */
  readonly payload: unknown;
  readonly transient_environment?: boolean;
  readonly created_at: string;
}

/** A deployment that was there before. */
export interface Found {
  readonly deployment: Deployment;
  /** Of its last status; `pending` before the first. */
  readonly state: string;
  readonly isUnfinished: boolean;
  /** This run's: we made it, or GitHub did for our job's `environment:`. */
  readonly isOurs: boolean;
  /** We made it in a run that has ended and never said how it went. */
  readonly isAbandoned: boolean;
}

/** What we write into a deployment's payload, to know it again. */
export interface Payload {
  readonly run: string;
  readonly attempt: number;
  readonly version: string;
}

export function ours({ id, attempt }: Run, version: string): Payload {
  return { run: id, attempt, version };
}

const needs = 'deployments: read';
/** As many are looked at, of the newest; each costs a request. */
const most = 10;
const unfinished = new Set(['in_progress', 'queued', 'pending', 'waiting']);

/** The newest deployments to an environment, newest first, back to the one that serves. */
export async function lookBack(api: GitHubApi, environment: string, signal: AbortSignal): Promise<Found[]> {
  const doing = `listing the deployments to ${environment}`;
  const query = { environment, per_page: most };
  const all = await api.send<Deployment[]>({ doing, method: 'GET', path: '/deployments', query, needs }, signal);
  const found: Found[] = [];
  let served = 0;
  for (const deployment of all.sort((a, b) => b.id - a.id)) {
    const one = await judge(api, deployment, signal);
    found.push(one);
    // Two: what was deployed just now, and what served before it.
    if (one.state === 'inactive' || (one.state === 'success' && ++served === 2)) break;
  }
  return found;
}

async function judge(api: GitHubApi, deployment: Deployment, signal: AbortSignal): Promise<Found> {
  const { run } = api.place;
  const path = `/deployments/${deployment.id}/statuses`;
  const doing = `reading the state of deployment ${deployment.id}`;
  const [last] = await api.send<{ state: string; log_url?: string }[]>(
    { doing, method: 'GET', path, query: { per_page: 1 }, needs },
    signal,
  );
  const state = last?.state ?? 'pending';
  const isUnfinished = unfinished.has(state);
  const payload = payloadOf(deployment);
  const isOurs =
    payload === undefined
      ? run.url !== '' && (last?.log_url ?? '').startsWith(`${run.url}/`) // GitHub's own: …/runs/ID/job/ID
      : payload.run === run.id && payload.attempt === run.attempt;
  const isAbandoned =
    isUnfinished && payload !== undefined && !isOurs && (await isOver(api, payload, deployment, signal));
  return { deployment, state, isUnfinished, isOurs, isAbandoned };
}

function payloadOf({ payload }: Deployment): Payload | undefined {
  const data = typeof payload === 'string' ? parsed(payload) : payload;
  return (data as { slipway?: Payload } | null | undefined)?.slipway;
}

/** GitHub ends a job after five days at the latest. */
const longestJob = 5 * 24 * 3_600_000;

/** Whether the attempt that made it has ended. Who may not ask (`actions: read`) takes it for alive until it cannot be. */
async function isOver(
  api: GitHubApi,
  { run, attempt }: Payload,
  { created_at: created }: Deployment,
  signal: AbortSignal,
): Promise<boolean> {
  if (Date.now() - Date.parse(created) > longestJob) return true;
  if (run === '') return false;
  if (run === api.place.run.id) return attempt < api.place.run.attempt;
  const doing = `asking whether run ${run} has ended`;
  try {
    const answer = await api.send<{ status: string | null; run_attempt?: number }>(
      { doing, method: 'GET', path: `/actions/runs/${run}`, needs: 'actions: read' },
      signal,
    );
    return answer.status === 'completed' || (answer.run_attempt ?? attempt) > attempt;
  } catch (error) {
    if (error instanceof GitHubError && error.code === 'GITHUB_NOT_FOUND') return true;
    if (error instanceof GitHubError && error.code === 'GITHUB_PERMISSION') return false;
    throw error;
  }
}
