import { log } from '../core/log.ts';
import { contentOf } from './candidate.ts';
import type { HostFacts } from './facts.ts';
import type { Goal } from './goal.ts';
import type { Outcome } from './outcome.ts';
import { isServing } from './status.ts';
import type { Steps } from './steps.ts';
import { areInstalled } from './system-files.ts';
import { evidenceOf } from './timer/timer-state.ts';

/** The same release with all that belongs to it, the same unit file and running binary: nothing is restarted. */
export function isUnchanged(facts: HostFacts, goal: Goal): boolean {
  const { unitFile, dropIn, timerFile, current, running, content } = facts;
  if (goal.kind === 'restart') return false;
  const same = current === goal.id && isServing(facts) && running === goal.sha256;
  if (!same || goal.candidate === undefined) return same;
  const { candidate } = goal;
  const pairs = [
    [candidate.unit, unitFile],
    [candidate.dropIn, dropIn],
    [candidate.timer, timerFile],
  ] as const;
  const installed = pairs.every(([wanted, there]) => wanted.trim() === there.trim());
  return installed && areInstalled(candidate.parts, facts) && content === contentOf(candidate);
}

/** What comes of a host on which there is nothing to do. */
export function unchanged(
  base: Pick<Outcome, 'place' | 'release' | 'previous' | 'binary' | 'image' | 'started'>,
  steps: Steps,
  goal: Goal,
  { unitFiles, unit, timer }: HostFacts,
): Outcome {
  log.info(`${base.place}: ${goal.id} is served already; nothing was restarted`);
  return {
    ...base,
    state: 'unchanged',
    serving: goal.id,
    changed: false,
    ended: Date.now(),
    spans: steps.spans,
    evidence: { runningSha256: goal.sha256, unitFiles, ...evidenceOf(unit, timer) },
  };
}
