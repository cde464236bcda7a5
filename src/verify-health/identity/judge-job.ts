import type { UnitFile } from '../../core/host-agent/unit-files.ts';
import type { Binary, Deployment } from '../../core/record/schema.ts';
import { short } from '../chain.ts';
import { otherBinary } from './other-binary.ts';
import type { Look } from './subject.ts';
import { driftSince } from './unit-drift.ts';

/**
 * A job runs now and then: what counts is that its timer has a next run, what its last run came to, and the bytes that
 * the unit names. Pure.
 */
export function judgeJob(
  answer: Readonly<Record<string, string>>,
  files: readonly UnitFile[],
  deployment: Deployment,
  known: readonly Binary[],
): Look {
  const { ActiveState = '', Result = '', ExecMainStatus = '', Next, Sha256, Exe, Error: error } = answer;
  const evidence = { activeState: ActiveState, next: Next, sha256: Sha256, exe: Exe, unitFiles: files };
  const look = (state: Look['state'], detail: string, reason?: string): Look => ({
    state,
    // a run that is under way ends, and a failed one may be followed by a better one: not within a verification
    final: state !== 'unseen',
    detail,
    anchor: 'timer',
    evidence,
    ...(reason === undefined ? {} : { reason }),
  });
  if (Next === undefined) return look('other', `the timer of ${deployment.service} is not active`, 'unit-inactive');
  if (Next === '' && ActiveState !== 'activating')
    return look('other', `the timer of ${deployment.service} has no next run`, 'unit-inactive');
  if (Sha256 === undefined)
    return look(
      'unseen',
      error ?? 'what its unit would run cannot be read',
      answer['Denied'] ? 'no-access' : 'no-process',
    );
  if (Sha256 !== deployment.binary) {
    const { reason, what } = otherBinary(Sha256, Exe, deployment, known);
    return look('other', `its runs are of ${short(Sha256)}, ${what}`, reason);
  }
  if (ActiveState === 'failed')
    return look('other', `its last run failed (${Result}, exit status ${ExecMainStatus})`, 'unit-inactive');
  const drift = driftSince(deployment, files, answer);
  if (drift !== undefined)
    return look('other', `it is as built, but its unit is not as it was deployed: ${drift}`, 'unit-changed');
  return look(
    'as-built',
    `its timer runs ${short(Sha256)}, as built; next ${Next || 'after the run that is under way'}`,
  );
}
