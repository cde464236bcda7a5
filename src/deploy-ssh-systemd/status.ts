import { table } from '../core/summary.ts';
import type { Around } from './around.ts';
import type { HostFacts } from './facts.ts';
import { previousOf } from './history.ts';
import type { SeenInFront } from './proxy/look-in-front.ts';
import { code, plain } from './summary.ts';
import { at, counts, lastRunOf, type TimerState } from './timer/timer-state.ts';

/** Whether the service is up with a confirmed release, or, where it is a job, will run. */
export function isServing({ current, unit, timer, pending }: HostFacts): boolean {
  const isUp = timer === undefined ? unit.active === 'active' : counts(timer) || unit.active === 'activating';
  return current !== '' && isUp && pending.length === 0;
}

/** A host's service, and what stands around it. */
export interface Seen {
  readonly place: string;
  readonly facts: HostFacts;
  readonly around: readonly Around[];
}

/**
 * Whether nothing is wrong: nothing is missing that the next boot needs, and all around it is in force; of a job, its last
 * run did not fail either.
 */
export function isWell({ facts, around }: Seen): boolean {
  const { timer, unit, missing } = facts;
  const isInOrder = missing.length === 0 && !around.some(one => one.isWrong);
  return isServing(facts) && isInOrder && (timer === undefined || lastRunOf(unit, timer).result !== 'failed');
}

/** One host in words. */
export function statusLine(place: string, facts: HostFacts): string {
  if (facts.current === '')
    return `${place}: nothing is deployed${facts.unit.fragment === '' ? '' : `; ${facts.unit.fragment} is not of Slipway`}`;
  const pending = facts.pending.length === 0 ? '' : `; not confirmed yet: ${facts.pending.join(', ')}`;
  const missing =
    facts.missing.length === 0
      ? ''
      : `; missing, as after a system update: ${facts.missing.join(', ')} (deploy or converge puts it back)`;
  const holder = facts.holder === '' ? '' : `; being deployed by ${facts.holder}`;
  const { unit, timer } = facts;
  const does =
    timer === undefined
      ? `${unit.active} (${unit.sub}), pid ${unit.pid}, ${unit.restarts} restarts`
      : `${nextRun(timer)}, ${lastRunOf(unit, timer).words}`;
  const instance = facts.colour === '' ? '' : `, ${facts.colour} serves`;
  const { resting } = facts;
  const other = resting === undefined ? '' : `; ${resting.colour} has ${resting.release} (${resting.active})`;
  const image = facts.image === '' ? '' : `, image ${facts.image.replaceAll('\n', ', ')}`;
  return `${place}: ${facts.current}${image}${instance}, ${does}${other}${missing}${pending}${holder}`;
}

function nextRun({ active, next }: TimerState): string {
  if (active !== 'active') return `its timer is ${active}`;
  return next === undefined ? 'no next run is known' : `runs next at ${at(next)}`;
}

/** @param front the load balancers */
export function statusSummary(hosts: readonly Seen[], front: readonly SeenInFront[] = []): string {
  const rows = hosts.map(({ place, facts }) => [
    code(place),
    `${facts.current || '–'}${facts.colour === '' ? '' : ` (${facts.colour})`}`,
    facts.timer === undefined ? `${facts.unit.active} (${facts.unit.sub})` : nextRun(facts.timer),
    facts.timer === undefined ? String(facts.unit.restarts) : '–',
    ...(hosts.some(one => one.facts.timer) ? [facts.timer ? lastRunOf(facts.unit, facts.timer).words : '–'] : []),
    previousOf(facts.history, facts.current, facts.releases) || '–',
    facts.holder || '–',
  ]);
  const jobs = hosts.some(({ facts }) => facts.timer) ? ['Last run'] : [];
  const head = ['Host', 'Serves', 'Unit', 'Restarts', ...jobs, 'A rollback goes to', 'Being deployed by'];
  const around = [...hosts, ...front].flatMap(one =>
    one.around.map(({ words, isWrong }) => `- ${isWrong ? '❌ ' : ''}${code(one.place)} ${plain(words)}`),
  );
  return [table(head, rows), ...(around.length === 0 ? [] : [around.join('\n')])].join('\n\n');
}
