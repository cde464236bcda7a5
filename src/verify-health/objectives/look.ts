import { deadline, sleep } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import { query } from '../../core/health/attempts/prometheus.ts';
import { queryRequest } from '../../core/health/forms/remote.ts';
import { ProbeFailure } from '../../core/health/observation.ts';
import { Trace } from '../../core/health/trace.ts';
import type { Count } from '../../core/statistics/index.ts';
import { formatDuration } from '../../core/units.ts';
import type { Finding } from '../finding.ts';
import { judgeBurn, judgeChange, type Opinion } from './judge.ts';
import type { Objective } from './objective.ts';

/** When the release was made, milliseconds since the epoch. */
export interface Release {
  readonly began: number;
  readonly ended: number;
}

const queryTimeout = 10_000;
const pause = 1000;

/** Looks at an objective until it is met or clearly missed; what has no data yet is asked again until the deadline. */
export async function lookAtObjective(
  objective: Objective,
  release: Release | undefined,
  left: number,
  signal: AbortSignal,
): Promise<Finding[]> {
  using limited = deadline(left, `looking at the objective ${objective.name}`, signal);
  const until = performance.now() + left;
  const looks: Promise<Finding>[] = [];
  if (objective.target !== undefined) {
    looks.push(persistently(objective.name, until, limited, signal, () => burn(objective, limited)));
  }
  if (objective.compare !== undefined) {
    const name = `${objective.name}, before and after`;
    looks.push(persistently(name, until, limited, signal, () => change(objective, release!, until, limited)));
  }
  return Promise.all(looks);
}

async function persistently(
  name: string,
  until: number,
  limited: AbortSignal,
  signal: AbortSignal,
  look: () => Promise<Opinion>,
): Promise<Finding> {
  const started = Date.now();
  for (let attempts = 1; ; attempts++) {
    const opinion = await look().catch((error: unknown): Opinion & { final?: boolean } => {
      signal.throwIfAborted();
      const final = error instanceof ProbeFailure && !error.retriable;
      const detail = limited.aborted ? 'Prometheus did not answer in time' : messageOf(error);
      return { verdict: 'failed', reason: 'no-data', detail, final };
    });
    const open = opinion.reason === 'no-data' && !('final' in opinion && opinion.final);
    if (!open || performance.now() + pause > until) {
      const { verdict, reason, detail } = opinion;
      return {
        kind: 'objective',
        name,
        verdict,
        ...(reason === undefined ? {} : { reason }),
        detail,
        attempts,
        started,
        ended: Date.now(),
      };
    }
    await sleep(pause, signal);
  }
}

async function burn(objective: Objective, signal: AbortSignal): Promise<Opinion> {
  const windows = new Set([
    ...objective.burn.flatMap(({ long, short }) => [long, short]),
    ...(objective.budget === undefined ? [] : [objective.budget]),
  ]);
  const counts = await Promise.all(
    [...windows].map(async one => [one, await count(objective, one, undefined, signal)] as const),
  );
  return judgeBurn(objective, new Map(counts));
}

/** Waits until the release is as old as the window, so that one look is enough. */
async function change(objective: Objective, release: Release, until: number, signal: AbortSignal): Promise<Opinion> {
  const window = objective.compare!;
  const missing = release.ended + window - Date.now();
  if (performance.now() + missing > until) {
    const detail = `the release is ${formatDuration(Date.now() - release.ended)} old when the deadline is there; wanted: ${formatDuration(window)}`;
    return { verdict: 'inconclusive', reason: 'too-few-requests', detail };
  }
  if (missing > 0) await sleep(missing, signal);
  const [before, after] = await Promise.all([
    count(objective, window, release.began / 1000, signal),
    count(objective, Math.min(window, Date.now() - release.ended), undefined, signal),
  ]);
  return judgeChange(before, after, objective.margin);
}

/** Errors and requests in a window that ends at a time (seconds since the epoch; now where none is given). */
async function count(
  objective: Objective,
  window: number,
  time: number | undefined,
  signal: AbortSignal,
): Promise<Count> {
  const ask = async (text: string) => {
    const written = text.replaceAll('$window', `${Math.max(1000, Math.round(window))}ms`);
    const request = queryRequest(objective.prometheus, written, { headers: objective.headers }, time);
    const limited = AbortSignal.any([signal, AbortSignal.timeout(queryTimeout)]);
    const samples = await query(request, { signal: limited }, new Trace());
    return samples.reduce((sum, { value }) => sum + (Number.isFinite(value) ? value : 0), 0);
  };
  const [errors, requests] = await Promise.all([ask(objective.errors), ask(objective.total)]);
  return { errors: Math.min(errors, requests), requests };
}
