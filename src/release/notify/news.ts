import { messageOf } from '../../core/errors.ts';
import type { LoadedRecord } from '../../core/record/files.ts';
import { latest, whyOf } from '../../core/report/verdict.ts';
import { whoRuns } from '../../core/who-runs.ts';
import type { Result } from '../conclude.ts';
import type { Done } from '../links.ts';
import type { Mode } from '../modes.ts';

/** What a receiver can ask to be told of. */
export const events = ['verified', 'rolled-back', 'failed', 'inconclusive'] as const;
export type Event = (typeof events)[number];

/** What is told of a run; the body of a webhook is this, as JSON. */
export interface News {
  readonly schema: 'slipway.news/v1';
  readonly event: Event;
  readonly mode: Mode;
  /** Name and version of the release; absent when the run ended before there was one. */
  readonly service?: string;
  readonly version?: string;
  readonly commit?: string;
  readonly environment?: string;
  /** Where people open what runs there. */
  readonly url?: string;
  /** The run's page. */
  readonly run?: string;
  /** Actor and run, or user and host. */
  readonly by: string;
  /** Each place that was deployed to in this run, and why it ended so when it did not go well. */
  readonly places: readonly {
    readonly kind: string;
    readonly place: string;
    readonly service: string;
    readonly state: string;
    readonly release: string;
    readonly previous: string;
    readonly why?: string;
  }[];
  /** What failed, or why there is no verdict. */
  readonly reasons: readonly string[];
  /** When the run began and when it ended; ISO 8601, UTC. */
  readonly started: string;
  readonly at: string;
}

/** A run as far as others are told of it. */
export interface Told {
  readonly mode: Mode;
  readonly environment: string | undefined;
  readonly url: string | undefined;
  readonly started: Date;
  readonly env: NodeJS.ProcessEnv;
  /** How the chain ended; undefined when an error ended it. */
  readonly result?: Pick<Result, 'done' | 'state' | 'verdict' | 'record'> | undefined;
  readonly error?: unknown;
  readonly cancelled: boolean;
}

const telling: readonly Mode[] = ['release', 'deploy', 'promote', 'rollback', 'resume', 'abort', 'verify', 'audit'];

/** Whether anybody is told of runs in this mode: others change nothing and judge nothing. */
export const tells = (mode: Mode): boolean => telling.includes(mode);

/** What there is to tell of a run; undefined when nothing was deployed or verified, and nothing failed. */
export function newsOf(told: Told): News | undefined {
  const { mode, environment, url, started, env, result } = told;
  const event = tells(mode) ? eventOf(told) : undefined;
  if (event === undefined) return undefined;
  const run = runPage(env);
  return {
    schema: 'slipway.news/v1',
    event,
    mode,
    ...nameOf(result?.record),
    ...(environment === undefined ? {} : { environment }),
    ...(url === undefined ? {} : { url }),
    ...(run === undefined ? {} : { run }),
    by: whoRuns(env),
    places: placesOf(result?.record, started),
    reasons: reasonsOf(told),
    started: started.toISOString(),
    at: new Date().toISOString(),
  };
}

function eventOf({ mode, result, error, cancelled }: Told): Event | undefined {
  if (result === undefined || error !== undefined) return 'failed';
  const { done, state, verdict } = result;
  if (cancelled || done.some(({ code }) => code !== 0)) return endedBadly(state, verdict, cancelled);
  if (!done.some(isTold)) return undefined;
  if (mode === 'rollback' || mode === 'abort') return 'rolled-back';
  return verdict as Event | undefined;
}

/** Also a rollout that waits, and a verification without enough evidence, end a job red. */
function endedBadly(state: string | undefined, verdict: string | undefined, cancelled: boolean): Event {
  if (state === 'rolled-back') return 'rolled-back';
  if (cancelled) return 'failed';
  const waits = state === 'inconclusive' || state === 'paused' || state === 'progressing';
  return waits || (state === 'healthy' && verdict === 'inconclusive') ? 'inconclusive' : 'failed';
}

const isTold = ({ name }: Done) =>
  name === 'deploy-ssh-systemd' || name === 'deploy-k8s-canary' || name === 'verify-health';

function nameOf(loaded: LoadedRecord | undefined): Pick<News, 'service' | 'version' | 'commit'> {
  if (loaded === undefined) return {};
  const { name, version, commit } = loaded.record;
  return { service: name, version, ...(commit === undefined ? {} : { commit }) };
}

function placesOf(loaded: LoadedRecord | undefined, started: Date): News['places'] {
  if (loaded === undefined) return [];
  return latest(loaded.record)
    .filter(one => Date.parse(one.ended ?? one.started) >= started.getTime())
    .map(one => {
      const { kind, place, service, state, release, previous } = one;
      const why = whyOf(one);
      return { kind, place, service, state, release, previous, ...(why === undefined ? {} : { why }) };
    });
}

function reasonsOf({ result, error, cancelled, started }: Told): string[] {
  if (cancelled) return ['the run was cancelled'];
  if (error !== undefined) return [messageOf(error)];
  const stopped = result?.done.find(({ code }) => code !== 0);
  const verification = result?.record?.record.verification;
  const isOfThisRun = verification !== undefined && Date.parse(verification.at) >= started.getTime();
  return [
    ...(stopped === undefined ? [] : [`the chain stopped at ${stopped.title}`]),
    ...(isOfThisRun ? verification.reasons : []),
  ];
}

function runPage({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run }: NodeJS.ProcessEnv) {
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}
