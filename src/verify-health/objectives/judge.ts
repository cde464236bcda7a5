import { type Count, harm, nonInferiority } from '../../core/statistics/index.ts';
import { formatDuration } from '../../core/units.ts';
import type { BurnLimit, Objective } from './objective.ts';

/** What a look at an objective means. */
export interface Opinion {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** Present unless passed. */
  readonly reason?: 'no-data' | 'burning' | 'budget-spent' | 'worse-than-before' | 'too-few-requests';
  readonly detail: string;
}

/** The counts of a window that is as long as its key says, in milliseconds. */
export type Counts = ReadonlyMap<number, Count>;

/**
 * Burn rates and budget. burn = (errors / requests) / (1 − target); a pair fails when both of its windows burn faster than
 * its limit. Without a request in the shortest window nothing is shown, and that fails. Pure.
 */
export function judgeBurn({ target, burn, budget }: Objective, counts: Counts): Opinion {
  const allowed = 1 - target!;
  const rateOf = (window: number) => {
    const { requests, errors } = counts.get(window) ?? { requests: 0, errors: 0 };
    return requests > 0 ? errors / requests / allowed : undefined;
  };
  const windows = burn.flatMap(({ long, short }) => [long, short]);
  const shortest = Math.min(...windows, budget ?? Number.POSITIVE_INFINITY);
  if (rateOf(shortest) === undefined) {
    return {
      verdict: 'failed',
      reason: 'no-data',
      detail: `no request in the last ${formatDuration(shortest)}: nothing is shown`,
    };
  }
  const beyond = burn.find(({ long, short, rate }) => (rateOf(long) ?? 0) > rate && (rateOf(short) ?? 0) > rate);
  if (beyond !== undefined) return { verdict: 'failed', reason: 'burning', detail: burnText(beyond, rateOf) };
  const spent = budget === undefined ? undefined : rateOf(budget);
  if (spent !== undefined && spent > 1) {
    const detail = `${percent(spent)} of the errors that ${formatDuration(budget!)} allow are used up`;
    return { verdict: 'failed', reason: 'budget-spent', detail };
  }
  const shown = windows.filter((one, index) => windows.indexOf(one) === index).sort((a, b) => a - b);
  const rates = shown.map(one => `${(rateOf(one) ?? 0).toFixed(2)} in ${formatDuration(one)}`);
  const left = spent === undefined ? '' : `; ${percent(1 - spent)} of the budget of ${formatDuration(budget!)} is left`;
  return { verdict: 'passed', detail: `burn rate ${rates.join(', ')}${left}` };
}

function burnText({ long, short, rate }: BurnLimit, rateOf: (window: number) => number | undefined): string {
  const shown = [long, short].map(one => `${rateOf(one)!.toFixed(1)} in the last ${formatDuration(one)}`);
  return `burns its budget ${shown.join(' and ')} times as fast as allowed; wanted: at most ${rate}`;
}

/** Chance at the most of calling a good release worse, or a bad one no worse. */
const alpha = 0.05;

/** Whether the error rate after the release is above, or surely not much above, that before. One look, two e-values. Pure. */
export function judgeChange(before: Count, after: Count, margin: number): Opinion {
  if (after.requests === 0)
    return { verdict: 'failed', reason: 'no-data', detail: 'no request since the release: nothing is shown' };
  if (before.requests === 0)
    return { verdict: 'failed', reason: 'no-data', detail: 'no request before the release to compare with' };
  const [worse, fine] = [harm(), nonInferiority(margin)];
  const tick = { canary: after, baseline: before };
  worse.add(tick);
  fine.add(tick);
  const seen = `${rateText(after)} after, ${rateText(before)} before`;
  if (worse.e >= 1 / alpha) {
    return { verdict: 'failed', reason: 'worse-than-before', detail: `${seen} (e-value ${worse.e.toPrecision(3)})` };
  }
  // Without any error there is nothing whose share could grow: enough requests show it by themselves.
  const clean = after.errors === 0 && before.errors === 0 && after.requests >= 300;
  if (clean || fine.e >= 1 / alpha) return { verdict: 'passed', detail: seen };
  const detail = `${seen}: too few requests or errors to say that it is less than ${margin} times as much`;
  return { verdict: 'inconclusive', reason: 'too-few-requests', detail };
}

function rateText({ requests, errors }: Count): string {
  return `${Math.round(errors)} of ${Math.round(requests)} failed (${percent(errors / requests)})`;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}
