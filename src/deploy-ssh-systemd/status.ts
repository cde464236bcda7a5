import { table } from '../core/summary.ts';
import type { HostFacts } from './facts.ts';
import { previousOf } from './history.ts';
import { code } from './summary.ts';

/** Whether the service is up with a confirmed release. */
export function isServing(facts: HostFacts): boolean {
  return facts.current !== '' && facts.unit.active === 'active' && facts.pending.length === 0;
}

/** One host in words. */
export function statusLine(place: string, facts: HostFacts): string {
  if (facts.current === '')
    return `${place}: nothing is deployed${facts.unit.fragment === '' ? '' : `; ${facts.unit.fragment} is not of Slipway`}`;
  const pending = facts.pending.length === 0 ? '' : `; not confirmed yet: ${facts.pending.join(', ')}`;
  const holder = facts.holder === '' ? '' : `; being deployed by ${facts.holder}`;
  return `${place}: ${facts.current}, ${facts.unit.active} (${facts.unit.sub}), pid ${facts.unit.pid}, ${facts.unit.restarts} restarts${pending}${holder}`;
}

export function statusSummary(hosts: readonly { readonly place: string; readonly facts: HostFacts }[]): string {
  const rows = hosts.map(({ place, facts }) => [
    code(place),
    facts.current || '–',
    `${facts.unit.active} (${facts.unit.sub})`,
    String(facts.unit.restarts),
    previousOf(facts.history, facts.current, facts.releases) || '–',
    facts.holder || '–',
  ]);
  return table(['Host', 'Serves', 'Unit', 'Restarts', 'A rollback goes to', 'Being deployed by'], rows);
}
