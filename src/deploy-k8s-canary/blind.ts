import type { StepRow } from './journal.ts';
import type { Options } from './options.ts';
import type { Session } from './session.ts';
import { reached } from './traffic.ts';

/** So many errors at the least roll a release back: a step that saw fewer requests could not have found it bad. */
const fewest = 5;

/** Why nobody may go on by what a step has seen: no data of users' requests, or too few own ones. */
export function blindAt({ users, asksPods, options }: Session, row: StepRow): string | undefined {
  return users?.blind(reached(row)) ?? (asksPods ? tooFew('the new pods', row.canary.requests, options) : undefined);
}

/** The same where no old pods are left, and what is asked goes through the router. */
export function blindAtEnd({ options, state }: Session, row: StepRow): string | undefined {
  if (row.weight < 100 || state.weight < 100 || options.probes.length === 0) return undefined;
  return tooFew('the release', row.router.requests, options);
}

/**
 * A runner that gets no time asks next to nothing in a short step. Half of what was to be asked is enough where that is little.
 * Pure.
 */
export function tooFew(
  whom: string,
  requests: number,
  { 'probe-rate': rate, 'step-duration': duration }: Pick<Options, 'probe-rate' | 'step-duration'>,
): string | undefined {
  const needed = Math.max(1, Math.min(fewest, Math.ceil((rate * duration) / 2000)));
  if (requests >= needed) return undefined;
  return `only ${requests} own requests to ${whom} were answered at this weight, and ${needed} are needed to judge it`;
}
