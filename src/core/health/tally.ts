import { formatDuration } from '../units.ts';
import type { GateOptions } from './gate.ts';
import type { Observation, Reason } from './observation.ts';
import { latencies } from './percentiles.ts';

/** Reasons of a check that no single attempt has. */
export type CheckReason = Reason | 'unstable' | 'deadline' | 'no-samples';

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
  /** A success came before the last failure. */
  fell = false;
  now = 0;
  /** When each success of the streak came; no more than `successes` can ask for. */
  #streakEnds: number[] = [];
  #samples: number[] = [];

  add(observation: Observation, now: number): void {
    this.attempts++;
    this.now = now;
    this.last = observation;
    if ((observation.ok || observation.reason === 'slow') && this.#samples.length < keptSamples) {
      this.#samples.push(observation.ms);
    }
    if (observation.ok) {
      this.streak++;
      this.firstSuccess ??= now;
      if (this.#streakEnds.length < 100) this.#streakEnds.push(now);
      return;
    }
    this.failures++;
    this.fell ||= this.firstSuccess !== undefined;
    this.streak = 0;
    this.#streakEnds = [];
    this.lastFailure = observation;
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
      ...(this.firstSuccess === undefined ? {} : { firstSuccess: this.firstSuccess }),
      ...(this.last === undefined ? {} : { last: this.last }),
      ...(this.lastFailure === undefined ? {} : { lastFailure: this.lastFailure }),
    };
  }
}

/** The verdict on a check so far, or undefined while it is open. `over`: the deadline is there. Pure. */
export function judge(
  tally: Tally,
  options: Pick<GateOptions, 'successes' | 'hold' | 'patient'>,
  over: boolean,
): Judgement | undefined {
  const { last } = tally;
  const held = tally.heldFor(options.successes ?? 1);
  if (held !== undefined && held >= (options.hold ?? 0)) return { verdict: 'passed', detail: last!.detail };
  if (last !== undefined && !last.ok && !last.retriable && !options.patient) return failed(last);
  if (!over) return undefined;
  if (last === undefined) {
    return { verdict: 'inconclusive', reason: 'no-samples', detail: 'the deadline was there before the first attempt' };
  }
  if (!last.ok) return failed(last);
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

function failed(observation: Observation): Judgement {
  return { verdict: 'failed', reason: observation.reason!, detail: observation.detail };
}
