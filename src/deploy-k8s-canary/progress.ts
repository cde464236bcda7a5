import { type MetricRow, ownRequests, show } from '../core/statistics/index.ts';
import type { StepRow } from './journal.ts';

/** How a step stands, in one line of the log: own requests of this step, metrics of the whole rollout, evidence. */
export function progress(row: StepRow, metrics: readonly MetricRow[] = []): string {
  const { canary, baseline, router, observed, mirrored = 0 } = row;
  const own =
    canary.requests + baseline.requests === 0
      ? []
      : [`failed ${canary.errors} of ${canary.requests} new, ${baseline.errors} of ${baseline.requests} old`];
  const through = router.requests === 0 ? [] : [`through the router ${router.errors} of ${router.requests}`];
  const share =
    observed === undefined ? [] : [`observed ${mirrored > 0 ? 'copies' : 'share'} ${(100 * observed).toFixed(0)} %`];
  const seen = [...own, ...through, ...share, ...usersText(metrics)];
  return `  ${stepName(row)}: ${seen.join(', ') || 'nothing seen yet'}; E(worse) ${show(row.harm)}, E(good) ${show(row.good)}`;
}

/** `25 %`; `0 %, 50 % copied`. */
export function stepName({ weight, mirrored = 0 }: Pick<StepRow, 'weight' | 'mirrored'>): string {
  return `${weight} %${mirrored > 0 ? `, ${mirrored} % copied` : ''}`;
}

/** Each metric in all of its groups: `errors 3 of 120 new, 1 of 1100 old`. */
function usersText(metrics: readonly MetricRow[]): string[] {
  const names = new Set(metrics.map(({ metric }) => metric).filter(name => name !== ownRequests));
  return [...names].map(name => {
    const rows = metrics.filter(({ metric }) => metric === name);
    const of = (side: 'canary' | 'baseline', what: 'requests' | 'errors') =>
      Math.round(rows.reduce((all, one) => all + one[side][what], 0));
    return `${name} ${of('canary', 'errors')} of ${of('canary', 'requests')} new, ${of('baseline', 'errors')} of ${of('baseline', 'requests')} old`;
  });
}
