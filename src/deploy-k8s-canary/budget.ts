import { type Budget, budgetOf } from '../core/statistics/index.ts';
import { formatDuration } from '../core/units.ts';
import { mirrorText } from './mirror.ts';
import type { Options } from './options.ts';

/** What is known of the users before the rollout, by one metric. */
export interface Expected {
  readonly metric: string;
  readonly tolerance: number;
  /** Requests a second. */
  readonly traffic: number;
  /** How clustered what is bad is. */
  readonly phi: number;
}

/**
 * What is said before the start: how many requests the promised certainty needs, and when they will have come. A line and whether
 * it will do. Of a metric, pods count own requests like any others.
 */
export function budgetLine(options: Options, expected?: Expected): { readonly line: string; readonly enough: boolean } {
  const { beta, 'on-inconclusive': otherwise } = options;
  const { 'step-duration': duration, 'warm-up': warmUp } = options;
  const rate = options.probes.length === 0 ? 0 : options['probe-rate'];
  const steps = options.steps.filter(weight => weight < 100);
  const { mirror } = options;
  const { metric, tolerance, traffic, phi } = expected ?? {
    metric: '',
    tolerance: options.tolerance,
    traffic: 0,
    phi: 1,
  };
  const plan = {
    tolerance,
    beta,
    traffic,
    phi,
    steps: steps.map(weight =>
      weight === 0 && mirror !== undefined
        ? { share: mirror.percent / 100, seconds: mirror.duration / 1000 }
        : { share: weight / 100, seconds: duration / 1000 },
    ),
  };
  const with_ = budgetOf({ ...plan, probes: rate / phi });
  const coming = rate === 0 ? [] : [`${Math.floor(with_.own)} own (${rate}/s)`];
  if (expected !== undefined) coming.unshift(`${Math.floor(with_.users)} of users (${persecond(traffic)})`);
  const divided = phi === 1 ? '' : `, all divided by the dispersion of ${Number(phi.toPrecision(3))}`;
  const said = `${metric === '' ? 'Promotion' : `"${metric}"`} needs ${with_.needed} requests to the new release without an error (tolerance ${tolerance}, beta ${beta}); in ${steps.length} steps of ${formatDuration(duration)} below 100 %${warmUp === 0 ? '' : ` after ${formatDuration(warmUp)} of warm-up`} come ${coming.join(' and ')}${divided}`;
  const alone =
    expected === undefined || rate === 0 ? '' : `; without own requests ${outcome(budgetOf({ ...plan, probes: 0 }))}`;
  const copied =
    mirror === undefined || expected === undefined
      ? undefined
      : budgetOf({ ...plan, steps: plan.steps.slice(0, 1), probes: rate / phi });
  const first = copied === undefined ? '' : `; the copies (${mirrorText(mirror!)}) alone: ${outcome(copied)}`;
  const line = `${said}: ${outcome(with_)}${alone}${first}.`;
  if (with_.enough !== undefined && (copied === undefined || copied.enough !== undefined))
    return { line, enough: true };
  return { line: `${line} When it does not suffice, on-inconclusive: ${otherwise} applies.`, enough: false };
}

function persecond(traffic: number): string {
  return `${Number(traffic.toPrecision(3))}/s`;
}

function outcome({ enough, missing }: Budget): string {
  if (enough !== undefined) return `enough after ${formatDuration(Math.ceil(enough) * 1000)}`;
  return Number.isFinite(missing)
    ? `this cannot suffice, the last step would have to be ${formatDuration(Math.ceil(missing) * 1000)} longer`
    : 'this cannot suffice, as none come';
}
