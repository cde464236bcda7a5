import { formatDuration } from '../units.ts';
import { type Budget, formatBudget } from './budget.ts';
import type { GateOptions } from './gate.ts';
import type { Observation, Reason } from './observation.ts';
import { latencies, percentile } from './percentiles.ts';
import { Series } from './series.ts';

/** Reasons of a check that no single attempt has. */
export type CheckReason =
  | Reason
  | 'unstable'
  | 'deadline'
  | 'no-samples'
  | 'latency'
  | 'depends-on'
  | 'availability'
  | 'load';

export interface Judgement {
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** Present unless passed. */
  readonly reason?: CheckReason;
  /** One line for a person. */
  readonly detail: string;
}

/** Latencies that are kept for the percentiles of one check; a bound on memory in very long holds. */
const keptSamples = 100_000;

/** What the attempts of one check add up to. Times are milliseconds since the gate's begin. */
export class Tally {
  attempts = 0;
  failures = 0;
  streak = 0;
  firstSuccess: number | undefined;
  last: Observation | undefined;
  lastFailure: Observation | undefined;
  /** How often failures began. */
  incidents = 0;
  /** Failures in a row, the last one included. */
  failing = 0;
  /** A success came before the last failure. */
  fell = false;
  /** How often another process, container or pods answered than before. */
  replaced = 0;
  /** Milliseconds of the slowest good answer; 0 before the first. */
  slowest = 0;
  /** When the last attempt began. */
  began = 0;
  /** Milliseconds of the attempts before the last one, each to the begin of the next. */
  #goodTime = 0;
  #badTime = 0;
  #anchor: string | undefined;
  now = 0;
  /** When each success of the streak came; no more than `successes` can ask for. */
  #streakEnds: number[] = [];
  #samples: number[] = [];
  readonly #series = new Series();

  add(observation: Observation, now: number): void {
    this.#pass(Math.max(this.began, now - observation.ms));
    this.attempts++;
    this.now = now;
    this.last = observation;
    const answered = observation.ok || observation.reason === 'slow';
    this.#series.add(now, observation.ok, observation.ms);
    if (answered && this.#samples.length < keptSamples) {
      this.#samples.push(observation.ms);
    }
    if (observation.ok) {
      this.failing = 0;
      this.slowest = Math.max(this.slowest, observation.ms);
      if (this.#anchor !== undefined && observation.anchor !== this.#anchor) {
        this.replaced++;
        this.#beginAnew();
      }
      this.#anchor = observation.anchor;
      this.streak++;
      this.firstSuccess ??= now;
      if (this.#streakEnds.length < 100) this.#streakEnds.push(now);
      return;
    }
    this.failures++;
    if (this.failing++ === 0) this.incidents++;
    this.fell ||= this.firstSuccess !== undefined;
    this.#beginAnew();
    this.lastFailure = observation;
  }

  /** What the last attempt saw lasts until the next one begins. */
  #pass(next: number): void {
    const time = next - this.began;
    if (this.last?.ok) this.#goodTime += time;
    else if (this.last !== undefined) this.#badTime += time;
    this.began = next;
  }

  /** Share of the time from the first attempt to `end` in which the check was good, and all of that time. */
  available(end: number): { share: number; time: number } {
    const rest = Math.max(0, end - this.began);
    const good = this.#goodTime + (this.last?.ok ? rest : 0);
    const time = this.#goodTime + this.#badTime + rest;
    return { share: time === 0 ? (this.last?.ok ? 1 : 0) : good / time, time };
  }

  #beginAnew(): void {
    this.streak = 0;
    this.#streakEnds = [];
  }

  /** The percentile of the last samples that a budget counts; undefined while there are too few. */
  within({ share, over }: Budget): number | undefined {
    if (this.#samples.length < over) return undefined;
    return percentile(
      this.#samples.slice(-over).sort((a, b) => a - b),
      share,
    );
  }

  get samples(): number {
    return this.#samples.length;
  }

  /** How long the check has been held: since the wanted successes in a row were there; undefined before. */
  heldFor(successes: number): number | undefined {
    const began = this.#streakEnds[successes - 1];
    return began === undefined ? undefined : this.now - began;
  }

  holding(options: GateOptions): boolean {
    return this.heldFor(options.successes ?? 1) !== undefined;
  }

  facts() {
    return {
      attempts: this.attempts,
      failures: this.failures,
      latency: latencies(this.#samples),
      series: this.#series.buckets,
      ...(this.firstSuccess === undefined ? {} : { firstSuccess: this.firstSuccess }),
      ...(this.last === undefined ? {} : { last: this.last }),
      ...(this.lastFailure === undefined ? {} : { lastFailure: this.lastFailure }),
    };
  }
}

/** The verdict on a check so far, or undefined while it is open. `over`: the deadline is there. Pure. */
export function judge(
  tally: Tally,
  options: Pick<GateOptions, 'successes' | 'hold' | 'patient' | 'failures' | 'latency'>,
  over: boolean,
): Judgement | undefined {
  const { last } = tally;
  const held = tally.heldFor(options.successes ?? 1);
  const measured = options.latency && tally.within(options.latency);
  const fast = options.latency === undefined || (measured !== undefined && measured <= options.latency.limit);
  const stood = held !== undefined && held >= (options.hold ?? 0);
  if (stood && fast) return { verdict: 'passed', detail: last!.detail };
  if (last !== undefined && !last.ok && !last.retriable && !options.patient) return failed(last);
  if (options.failures !== undefined && tally.failing >= options.failures) {
    const detail = `${last!.detail} (${tally.failing} failures in a row)`;
    return { verdict: 'failed', reason: last!.reason!, detail };
  }
  if (!over) return undefined;
  if (last === undefined) {
    return { verdict: 'inconclusive', reason: 'no-samples', detail: 'the deadline was there before the first attempt' };
  }
  if (!last.ok) return failed(last);
  if (stood) return tooSlow(tally, options.latency!, measured);
  if (tally.replaced > 0) {
    const detail = `${last.detail}, but it was replaced or restarted ${tally.replaced} times`;
    return { verdict: 'failed', reason: 'replaced', detail };
  }
  const wanted = [
    ...((options.successes ?? 1) > 1 ? [`${options.successes} successes in a row`] : []),
    ...((options.hold ?? 0) > 0 ? [`a hold of ${formatDuration(options.hold!)}`] : []),
  ].join(' and ');
  if (tally.fell) {
    const detail = `healthy and unhealthy in turn (${tally.failures} of ${tally.attempts} attempts failed, last: ${tally.lastFailure!.detail}); wanted: ${wanted}`;
    return { verdict: 'failed', reason: 'unstable', detail };
  }
  const since = formatDuration(tally.now - tally.firstSuccess!);
  return { verdict: 'inconclusive', reason: 'deadline', detail: `healthy for ${since}, too short for ${wanted}` };
}

/**
 * The verdict at the end of a watch: the share of the time that was good, and how often it stopped being so. Attempts are not
 * what is counted: one that hangs for a minute would weigh no more than one that is refused at once. Pure.
 *
 * @param end when the watch ended, or the attempt began that says nothing
 */
export function judgeWatch(tally: Tally, availability: number, end: number): Judgement {
  const { attempts, failures, incidents, lastFailure } = tally;
  if (attempts === 0) return { verdict: 'inconclusive', reason: 'no-samples', detail: 'nothing was tried' };
  const { share, time } = tally.available(end);
  // Rounded down: 99.9996 % is not 100 %.
  const seen = `good for ${Math.floor(share * 100_000) / 1000}% of ${formatDuration(time)}, in ${attempts - failures} of ${attempts} attempts`;
  const worst = lastFailure === undefined ? '' : `, ${incidents} incidents, last: ${lastFailure.detail}`;
  if (share >= availability && (availability < 1 || failures === 0))
    return { verdict: 'passed', detail: `${seen}${worst}` };
  const wanted = `wanted: ${Number((availability * 100).toFixed(3))}%`;
  return { verdict: 'failed', reason: 'availability', detail: `${seen}${worst}; ${wanted}` };
}

function tooSlow({ samples }: Tally, budget: Budget, measured: number | undefined): Judgement {
  const wanted = `wanted: ${formatBudget(budget)}`;
  if (measured === undefined) {
    return { verdict: 'inconclusive', reason: 'latency', detail: `healthy, but only ${samples} samples; ${wanted}` };
  }
  const seen = `p${Number((budget.share * 100).toFixed(3))} is ${formatDuration(measured)}`;
  return { verdict: 'failed', reason: 'latency', detail: `healthy, but ${seen}; ${wanted}` };
}

function failed(observation: Observation): Judgement {
  return { verdict: 'failed', reason: observation.reason!, detail: observation.detail };
}
