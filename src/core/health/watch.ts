import { sleep } from '../deadline.ts';
import type { Check, HttpCheck } from './check.ts';
import type { GateOptions } from './gate.ts';
import { Kept } from './kept.ts';
import type { Observation } from './observation.ts';
import { probe } from './probe.ts';
import type { Bucket } from './series.ts';
import { type Judgement, judge, judgeWatch, Tally } from './tally.ts';

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
  /** Attempts over time, for charts. */
  readonly series: readonly Bucket[];
  readonly last?: Observation;
  /** The last attempt that failed, with its phases and the head of its body. */
  readonly lastFailure?: Observation;
  /** `warn-only`: it did not pass, `reason` says why, and `verdict` is `passed` all the same. */
  readonly warned?: true;
}

/** Short while a service is just starting, then such that nobody is bothered. */
const [eager, eagerFor, steady] = [50, 10_000, 250];

/** Programs are started, clusters and registries asked, at most so often. */
const heavy = 250;
const watching = 1000;

/** Milliseconds below which an attempt can only time out; timers may also fire a little early. */
const leastAttempt = 5;

/** A unit or pod that crashes and restarts is up between its crashes: one look proves nothing. */
const leastAnchoredHold = 1000;
const anchored: readonly Check['kind'][] = ['unit', 'container', 'workload'];
const light: readonly Check['kind'][] = ['http', 'tcp', 'tls', 'grpc', 'dns'];

/**
 * Attempts of one check until its verdict; `origin` is when its time begins, by performance.now(). `enough` ends it early:
 * nobody waits for its verdict any more.
 */
export async function watchCheck(
  check: Check,
  given: GateOptions,
  origin: number,
  enough?: AbortSignal,
): Promise<CheckResult> {
  const options = ownOptions(check, given);
  const tally = new Tally();
  const started = Date.now();
  const since = () => performance.now() - origin;
  const slowest = light.includes(check.kind) ? eager : heavy;
  const load = check.kind === 'http' ? check.load : undefined;
  // With a load, its many samples are what a budget is about.
  const judged = load === undefined ? options : withoutBudget(options);
  using kept = check.kind === 'grpc' && check.watch ? new Kept() : undefined;
  let judgement: Judgement | undefined;
  /** When an attempt began that says nothing. */
  let cutAt: number | undefined;
  while (judgement === undefined && !enough?.aborted) {
    const left = options.deadline - since();
    if (left < leastAttempt) break;
    const [began, timeout] = [since(), options.attemptTimeout ?? 5000];
    const news = kept?.news; // also what comes while the attempt runs
    const observation = await probe(check, {
      timeout: Math.min(timeout, left),
      ...(kept === undefined ? {} : { kept }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.connect === undefined ? {} : { connect: options.connect }),
      ...(options.forbidPrivate === undefined ? {} : { forbidPrivate: options.forbidPrivate }),
      ...(options.reach === undefined ? {} : { reach: options.reach }),
    });
    // Cut short by the gate's deadline, not by its own time: says nothing where earlier attempts said something.
    const cut = observation.reason === 'timeout' && left < timeout && tally.attempts > 0;
    if (cut && (options.availability === undefined || left < outage(tally))) {
      cutAt = began;
      break;
    }
    tally.add(observation, since());
    options.onAttempt?.({ check, number: tally.attempts, observation, streak: tally.streak });
    if (options.availability === undefined) judgement = judge(tally, judged, false);
    if (judgement !== undefined) break;
    const period =
      options.period ??
      (options.availability !== undefined ? watching : tally.holding(options) || began >= eagerFor ? steady : slowest);
    if (began + period > options.deadline - leastAttempt) break; // there will be no other attempt to wait for
    const pause = began + period - since();
    if (pause > 0) await rest(pause, options.signal, news, enough);
  }
  judgement ??=
    options.availability === undefined
      ? judge(tally, judged, true)!
      : judgeWatch(tally, options.availability, cutAt ?? Math.min(since(), options.deadline));
  if (load !== undefined && judgement.verdict === 'passed') {
    const { bearLoad } = await import('./bear-load.ts');
    judgement = await bearLoad(check as HttpCheck, load, options, options.deadline - since());
  }
  return { check, started, ended: Date.now(), ...tally.facts(), ...judgement };
}

/** Milliseconds without an answer that a watch, at its end, takes for a failure: far longer than any good answer took. */
function outage({ slowest }: Tally): number {
  return Math.max(500, 3 * slowest);
}

/** The gate's options, and what the check wants otherwise. */
function ownOptions(check: Check, options: GateOptions): GateOptions {
  const { deadline, ...policy } = check.policy ?? {};
  const merged = { ...options, ...policy, deadline: Math.min(options.deadline, deadline ?? Number.POSITIVE_INFINITY) };
  return anchored.includes(check.kind) ? { ...merged, hold: Math.max(merged.hold ?? 0, leastAnchoredHold) } : merged;
}

function withoutBudget({ latency: _, ...options }: GateOptions): GateOptions {
  return options;
}

/** Until the pause is over, or one of the others makes it pointless. @throws the signal's reason */
async function rest(pause: number, signal: AbortSignal | undefined, ...others: (AbortSignal | undefined)[]) {
  const ends = [signal, ...others].filter(one => one !== undefined);
  await sleep(pause, ends.length === 1 ? ends[0] : AbortSignal.any(ends)).catch(() => undefined);
  signal?.throwIfAborted();
}
