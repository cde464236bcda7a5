import { sleep } from '../deadline.ts';
import type { Check } from './check.ts';
import type { GateOptions } from './gate.ts';
import type { Observation } from './observation.ts';
import { probe } from './probe.ts';
import { type Judgement, judge, Tally } from './tally.ts';

/** One attempt of one check, told as it ends. */
export interface Attempt {
  readonly check: Check;
  /** Beginning with 1. */
  readonly number: number;
  readonly observation: Observation;
  /** Successes in a row, this one included. */
  readonly streak: number;
}

/** What is known of a check when its gate has ended. */
export interface CheckResult extends Judgement {
  readonly check: Check;
  readonly attempts: number;
  readonly failures: number;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
  /** When the first healthy answer came, milliseconds after the start. */
  readonly firstSuccess?: number;
  /** Milliseconds of healthy and slow answers. */
  readonly latency: { readonly p50?: number; readonly p95?: number; readonly p99?: number };
  readonly last?: Observation;
  /** The last attempt that failed, with its phases and the head of its body. */
  readonly lastFailure?: Observation;
}

/** Short while a service is just starting, then such that nobody is bothered. */
const [eager, eagerFor, steady] = [50, 10_000, 250];

/** Milliseconds below which an attempt can only time out; timers may also fire a little early. */
const leastAttempt = 5;

/** Attempts of one check until its verdict; `origin` is the gate's begin by performance.now(). */
export async function watchCheck(check: Check, options: GateOptions, origin: number): Promise<CheckResult> {
  const tally = new Tally();
  const started = Date.now();
  const since = () => performance.now() - origin;
  let judgement: Judgement | undefined;
  while (judgement === undefined) {
    const left = options.deadline - since();
    if (left < leastAttempt) break;
    const [began, timeout] = [since(), options.attemptTimeout ?? 5000];
    const observation = await probe(check, {
      timeout: Math.min(timeout, left),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.connect === undefined ? {} : { connect: options.connect }),
      ...(options.forbidPrivate === undefined ? {} : { forbidPrivate: options.forbidPrivate }),
    });
    // Cut short by the gate's deadline, not by its own time: says nothing where earlier attempts said something.
    if (observation.reason === 'timeout' && left < timeout && tally.attempts > 0) break;
    tally.add(observation, since());
    options.onAttempt?.({ check, number: tally.attempts, observation, streak: tally.streak });
    judgement = judge(tally, options, false);
    if (judgement !== undefined) break;
    const period = options.period ?? (tally.holding(options) || began >= eagerFor ? steady : eager);
    if (began + period > options.deadline - leastAttempt) break; // there will be no other attempt to wait for
    const pause = began + period - since();
    if (pause > 0) await sleep(pause, options.signal);
  }
  return { check, started, ended: Date.now(), ...tally.facts(), ...(judgement ?? judge(tally, options, true)!) };
}
