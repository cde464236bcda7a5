import { follow } from '../core/health/attempts/http.ts';
import type { HttpCheck } from '../core/health/check.ts';
import { expect } from '../core/health/expectations.ts';
import { ProbeFailure } from '../core/health/observation.ts';
import { Trace } from '../core/health/trace.ts';
import { formatDuration } from '../core/units.ts';
import { trackHeader } from './routers/tracks.ts';

/** Milliseconds. */
const trackTimeout = 5000;

/** What came of one request to a side. */
export interface Tracked {
  readonly failure: string | undefined;
  readonly body: string;
  /** Whether the answer says that it came by the rule; undefined where there was no answer. */
  readonly marked: boolean | undefined;
}

/** One request through the router to the side that its header names: the whole way of a user's, `within` included. */
export async function askTrack(check: HttpCheck, track: string, signal: AbortSignal): Promise<Tracked> {
  const timeUp = AbortSignal.timeout(trackTimeout);
  const began = performance.now();
  const headers = { ...check.headers, [trackHeader]: track };
  let marked: boolean | undefined;
  let body = '';
  try {
    const answer = await follow({ ...check, headers }, { signal: AbortSignal.any([signal, timeUp]) }, new Trace());
    marked = answer.headers[trackHeader] === track;
    body = answer.body.toString();
    expect(check, answer);
  } catch (error) {
    if (error instanceof ProbeFailure) return { failure: error.message, body, marked };
    if (!timeUp.aborted) throw error;
    return { failure: `no answer within ${trackTimeout / 1000} s`, body, marked };
  }
  const ms = performance.now() - began;
  const late = check.within !== undefined && ms > check.within;
  const failure = late ? `answered in ${formatDuration(ms)} instead of ${formatDuration(check.within!)}` : undefined;
  return { failure, body, marked };
}
