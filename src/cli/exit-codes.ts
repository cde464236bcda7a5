import { SlipwayError } from '../core/errors.ts';
import type { Result } from '../release/perform.ts';

/** What the process ends with; shown by `slipway --help`. */
export const exitCodes = {
  done: 0,
  failed: 1,
  refused: 2,
  inconclusive: 3,
  rolledBack: 4,
  interrupted: 130,
} as const;

export const meanings: Readonly<Record<number, string>> = {
  [exitCodes.done]: 'done; with a section verify: verified',
  [exitCodes.failed]: 'failed',
  [exitCodes.refused]: 'nothing was begun: how it was called, slipway.yml, or what an environment requires',
  [exitCodes.inconclusive]: 'inconclusive: not enough evidence, or a rollout that waits',
  [exitCodes.rolledBack]: 'rolled back: the release before serves',
  [exitCodes.interrupted]: 'interrupted (Ctrl-C)',
};

/** Errors before anything was begun, which trying again does not mend. */
const refusals =
  /^(USAGE|CONFIG_.*|INPUT_INVALID|VARIABLE_MISSING|SECRET_MISSING|RECORDS_MISSING|RECORD_MISSING|VERSION_MISSING|NOT_VERIFIED|NOTHING_DEPLOYED|CHECKLIST_UNMET|GO_MODULE_MISSING|PROGRAM_MISSING|FILE_EXISTS|FORK_.*|NOT_CONFIRMED|FROZEN|POLICY_.*|TLS_MISSING|CERTIFICATE_INVALID|LISTEN_FAILED|STATE_MISSING|OBSERVE_MISSING)$/;

export function codeOfError(error: unknown, interrupted: boolean): number {
  if (interrupted) return exitCodes.interrupted;
  return error instanceof SlipwayError && refusals.test(error.code) ? exitCodes.refused : exitCodes.failed;
}

export function codeOfResult(
  { done, left, state, verdict }: Pick<Result, 'done' | 'left' | 'state' | 'verdict'>,
  interrupted: boolean,
): number {
  if (interrupted) return exitCodes.interrupted;
  if (done.every(({ code }) => code === 0) && left.length === 0) return exitCodes.done;
  if (state === 'rolled-back') return exitCodes.rolledBack;
  const waits = state === 'inconclusive' || state === 'paused' || state === 'progressing';
  if (waits || (verdict === 'inconclusive' && done.at(-1)?.name === 'verify-health')) return exitCodes.inconclusive;
  return exitCodes.failed;
}
