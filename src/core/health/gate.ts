import { SlipwayError } from '../errors.ts';
import { formatDuration } from '../units.ts';
import type { Budget } from './budget.ts';
import type { Check } from './check.ts';
import type { Connect } from './connect.ts';
import type { Reach } from './reach.ts';
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
  /** Failures in a row that are the verdict `failed`. Default: only the deadline is. */
  readonly failures?: number;
  /** What the last so many latencies must be. */
  readonly latency?: Budget;
  /**
   * Watches instead of waiting: goes on until the deadline whatever is seen, once a second where no period is given; then a
   * check has passed when it was good for this share of that time.
   */
  readonly availability?: number;
  /** Tries again after every failure, also after those that waiting does not mend. Default false. */
  readonly patient?: boolean;
  readonly signal?: AbortSignal;
  /** Reaches the hosts by another way, e.g. SSH forwarding. */
  readonly connect?: Connect;
  readonly forbidPrivate?: boolean;
  /** Hosts, clusters and registries, for kinds of checks that need them. */
  readonly reach?: Reach;
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
 * Tries all checks at once, each in its own rhythm, until each has its verdict or the deadline is there. A check that
 * depends on others begins when they have passed; one that only warns is not waited for.
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
  const started = Date.now();
  const results = await watchAll(checks, options);
  const all = results.map(result => result.verdict);
  const verdict = all.includes('failed') ? 'failed' : all.includes('inconclusive') ? 'inconclusive' : 'passed';
  return { verdict, checks: results, started, ended: Date.now() };
}

function watchAll(checks: readonly Check[], options: GateOptions): Promise<CheckResult[]> {
  const [origin, enough] = [performance.now(), new AbortController()];
  const running = new Map<string, Promise<CheckResult>>();
  const needed = new Set(checks.flatMap(check => check.policy?.dependsOn ?? []));
  const start = async (check: Check): Promise<CheckResult> => {
    const awaited = options.availability === undefined ? (check.policy?.dependsOn ?? []) : []; // a watch sees all at once
    const before = await Promise.all(awaited.map(name => running.get(name)));
    const missing = before.find(one => one === undefined || one.verdict !== 'passed' || one.warned);
    if (missing !== undefined) return untried(check, missing);
    const begin = performance.now();
    const left = { ...options, deadline: options.deadline - (begin - origin) };
    const { warnOnly } = check.policy ?? {};
    const result = await watchCheck(
      check,
      left,
      begin,
      warnOnly && !needed.has(check.name) ? enough.signal : undefined,
    );
    return warnOnly && result.verdict !== 'passed' ? { ...result, verdict: 'passed', warned: true } : result;
  };
  for (const check of inOrder(checks)) running.set(check.name, start(check));
  const awaited = checks.filter(check => !check.policy?.warnOnly || needed.has(check.name));
  const all = checks.map(check => running.get(check.name)!);
  if (awaited.length > 0) {
    Promise.all(awaited.map(check => running.get(check.name))).then(
      () => enough.abort(),
      () => undefined, // the caller hears of it below
    );
  }
  return Promise.all(all);
}

/** Such that what a check depends on comes before it. */
function inOrder(checks: readonly Check[]): Check[] {
  const byName = new Map(checks.map(check => [check.name, check]));
  const done = new Set<Check>();
  const visit = (check: Check): void => {
    if (done.has(check)) return;
    done.add(check);
    for (const name of check.policy?.dependsOn ?? []) if (byName.has(name)) visit(byName.get(name)!);
    ordered.push(check);
  };
  const ordered: Check[] = [];
  for (const check of checks) visit(check);
  return ordered;
}

function untried(check: Check, on: CheckResult): CheckResult {
  const detail = `not tried: it depends on ${on.check.name}, which did not pass`;
  const now = Date.now();
  const nothing = { check, attempts: 0, failures: 0, started: now, ended: now, latency: {}, series: [] };
  return { ...nothing, verdict: 'inconclusive', reason: 'depends-on', detail };
}
