import { type Observation, ownRequests, show, sum } from '../core/statistics/index.ts';
import type { StepRow } from './journal.ts';
import type { Seen } from './prober.ts';
import { RolloutError } from './rollout-error.ts';
import type { Session } from './session.ts';

/** Adds what was seen since the last look to the evidence, and to the step's row. What was counted, by metric. */
export function weigh(session: Session, row: StepRow, seen: Seen): readonly Observation[] {
  const { analysis, routed, old, journal, users, lastWatch } = session;
  const { weight, mirrored = 0 } = session.state;
  const counted = users?.take() ?? [];
  if (session.asksPods)
    counted.push({ metric: ownRequests, group: '', tick: { canary: seen.canary, baseline: seen.baseline }, phi: 1 });
  analysis.add(counted);
  if (weight === 100) lastWatch.add(counted);
  routed.add(seen.router);
  old.add(session.state.router?.baseline === undefined ? seen.baseline : seen.serving);
  row.canary = sum(row.canary, seen.canary);
  row.baseline = sum(row.baseline, seen.baseline);
  row.router = sum(row.router, seen.router);
  const { harm, good, metrics } = analysis.evidence;
  journal.metrics = metrics;
  journal.trend.add({ at: Date.now(), weight, ...(mirrored > 0 ? { mirrored } : {}), harm, good });
  row.harm = harm;
  row.good = good;
  return counted;
}

/** @throws RolloutError as soon as the release must go back */
export function judge({ analysis, routed, old, lastWatch }: Session, seen: Seen): void {
  const evidence = analysis.evidence;
  if (evidence.decision === 'rollback') {
    throw new RolloutError('CANARY_WORSE', `the new release answers worse than the old one: ${evidence.reason}`, {
      lines: seen.failures,
      hint: 'See the failures above, and the metrics in the summary; the same requests to the old pods went better.',
    });
  }
  // when the old pods fail as well it is not the release: going back would not help, and nothing is promoted on it either
  if (routed.exceeded && !old.exceeded) {
    const { requests, errors } = routed.count;
    throw new RolloutError(
      'USERS_SEE_ERRORS',
      `${errors} of ${requests} own requests through the router failed: E(too many) ${show(routed.e)}`,
      { lines: seen.failures, hint: 'See the failures above: the router, the route or the new release.' },
    );
  }
  const beyond = lastWatch.exceeded;
  if (beyond !== undefined) {
    const { name, count, e } = beyond;
    throw new RolloutError(
      'USERS_SEE_ERRORS',
      `${name}: ${count.errors} of ${count.requests} requests of users were bad: E(too many) ${show(e)}`,
      { hint: 'All traffic was on the new release, so that there was nothing left to compare with but its tolerance.' },
    );
  }
}
