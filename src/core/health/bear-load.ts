import { formatDuration } from '../units.ts';
import { type Budget, formatBudget } from './budget.ts';
import type { HttpCheck } from './check.ts';
import type { GateOptions } from './gate.ts';
import { type LoadResult, runLoad } from './load.ts';
import { formatLoad, type Load } from './load-form.ts';
import { percentile } from './percentiles.ts';
import type { Judgement } from './tally.ts';

/** What a load came to; `latency` is that of its requests. */
export type Borne = Judgement & { readonly latency?: LoadResult['latency'] };

/** Runs the load of a check that is healthy, and judges it: no error, and within the latency budget where there is one. */
export async function bearLoad(check: HttpCheck, load: Load, options: GateOptions, left: number): Promise<Borne> {
  const name = formatLoad(load);
  if (load.duration > left) {
    const detail = `healthy, but ${formatDuration(Math.max(0, left))} are left for a load of ${name}`;
    return { verdict: 'inconclusive', reason: 'deadline', detail };
  }
  const limit = AbortSignal.timeout(Math.ceil(left));
  const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
  const result = await runLoad(check, load, signal, options.forbidPrivate).catch((error: unknown) => {
    options.signal?.throwIfAborted();
    if (limit.aborted) return undefined;
    throw error;
  });
  if (result === undefined) {
    return { verdict: 'failed', reason: 'timeout', detail: `answers to a load of ${name} are missing at the deadline` };
  }
  return { ...judgeLoad(result, name, options.latency), latency: result.latency };
}

function judgeLoad(result: LoadResult, name: string, budget: Budget | undefined): Judgement {
  const { requests, errors, error, latency, samples } = result;
  const shown = Object.entries(latency).map(([key, ms]) => `${key} ${formatDuration(ms)}`);
  const seen = `${requests} requests at ${name}: ${shown.join(', ') || 'no answer'}`;
  if (errors > 0) return { verdict: 'failed', reason: 'load', detail: `${seen}; ${errors} failed, mostly ${error}` };
  if (budget === undefined) return { verdict: 'passed', detail: seen };
  const wanted = `${seen}; wanted: ${formatBudget(budget)}`;
  if (samples.length < budget.over) return { verdict: 'inconclusive', reason: 'latency', detail: wanted };
  const measured = percentile(
    [...samples].sort((a, b) => a - b),
    budget.share,
  )!;
  return measured <= budget.limit
    ? { verdict: 'passed', detail: seen }
    : { verdict: 'failed', reason: 'latency', detail: wanted };
}
