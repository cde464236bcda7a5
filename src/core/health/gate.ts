import { SlipwayError } from '../errors.ts';
import { formatDuration } from '../units.ts';
import type { Check } from './check.ts';
import type { Connect } from './connect.ts';
import { type Attempt, type CheckResult, watchCheck } from './watch.ts';

export interface GateOptions {
  /** Milliseconds for the whole gate, hold included. */
  readonly deadline: number;
  /** Milliseconds from the begin of an attempt to the begin of the next. Default: 50 in the first 10 s, then 250. */
  readonly period?: number;
  /** Milliseconds of one attempt. Default 5000. */
  readonly attemptTimeout?: number;
  /** Successes in a row, at most 100. Default 1. */
  readonly successes?: number;
  /** Milliseconds that a check must then stay healthy without one failure. Default 0. */
  readonly hold?: number;
  /** Tries again after every failure, also after those that waiting does not mend. Default false. */
  readonly patient?: boolean;
  readonly signal?: AbortSignal;
  /** Reaches the hosts by another way, e.g. SSH forwarding. */
  readonly connect?: Connect;
  readonly forbidPrivate?: boolean;
  readonly onAttempt?: (attempt: Attempt) => void;
}

export interface GateResult {
  /** `passed` when every check passed; `failed` when one failed; else `inconclusive`. */
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** In the order of the checks given. */
  readonly checks: readonly CheckResult[];
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
}

/**
 * Tries all checks at once, each in its own rhythm, until each has its verdict or the deadline is there.
 *
 * @throws the signal's reason when the caller aborts; SlipwayError when there is nothing to check or the hold cannot fit
 */
export async function gate(checks: readonly Check[], options: GateOptions): Promise<GateResult> {
  if (checks.length === 0) {
    throw new SlipwayError('CHECKS_MISSING', 'there is no check: nothing can be said about health', {
      hint: 'Give at least one, e.g. https://host/healthz 200 within 300ms.',
    });
  }
  if ((options.hold ?? 0) >= options.deadline) {
    throw new SlipwayError(
      'HOLD_TOO_LONG',
      `the hold of ${formatDuration(options.hold!)} does not fit into the deadline of ${formatDuration(options.deadline)}`,
      { hint: 'The deadline counts from the start and includes the hold: make it longer.' },
    );
  }
  options.signal?.throwIfAborted();
  const [started, origin] = [Date.now(), performance.now()];
  const results = await Promise.all(checks.map(check => watchCheck(check, options, origin)));
  const all = results.map(result => result.verdict);
  const verdict = all.includes('failed') ? 'failed' : all.includes('inconclusive') ? 'inconclusive' : 'passed';
  return { verdict, checks: results, started, ended: Date.now() };
}
