import { join } from 'node:path';
import * as v from 'valibot';
import { readIfThere, writeDurable } from '../../core/files.ts';

/** Tries that a version has while its failure may pass; one that was rolled back has no second. */
const tries = 3;

const Memory = v.object({
  /** What was deployed last, and what was known of it: its version and the file that says how. */
  deployed: v.optional(v.string()),
  /** The newest entry when it was looked last. */
  seen: v.optional(v.string()),
  /** The newest entry that was ever seen of an environment in a place of records: its time, ISO 8601. */
  newest: v.optional(v.object({ place: v.string(), at: v.string() })),
  /** How often what has failed. */
  failed: v.array(v.object({ what: v.string(), times: v.number(), given: v.boolean() })),
});

/** What was done, from one start to the next. */
export type Memory = v.InferOutput<typeof Memory>;

/** Failures that are remembered. */
const most = 50;

/** A file that is damaged says nothing: what is deployed already is then found unchanged. */
export async function readMemory(folder: string): Promise<Memory> {
  const text = await readIfThere(fileIn(folder));
  try {
    return v.parse(Memory, JSON.parse(text ?? ''));
  } catch {
    return { failed: [] };
  }
}

export async function writeMemory(folder: string, memory: Memory): Promise<void> {
  await writeDurable(fileIn(folder), `${JSON.stringify(memory, undefined, 2)}\n`);
}

const fileIn = (folder: string) => join(folder, 'memory.json');

/** Whether there is something to do about it: it is not there, and was not given up. */
export function isWanted({ deployed, failed }: Memory, what: string): boolean {
  return deployed !== what && !failed.some(one => one.what === what && one.given);
}

/**
 * Whether records show less than they did: entries are only added, so that an older newest one is a copy that was brought
 * back, or a mirror that lags behind.
 */
export function wentBack({ newest }: Memory, place: string, at: string | undefined): boolean {
  if (newest === undefined || newest.place !== place) return false;
  return at === undefined || Date.parse(at) < Date.parse(newest.at);
}

/** Milliseconds by which the clocks of two machines may differ. */
const skew = 600_000;

/** Whether an entry is of a time that has not come: it would hide every newer one until then. */
export function isAhead(at: string | undefined, now: number): boolean {
  return at !== undefined && Date.parse(at) > now + skew;
}

export function afterSuccess({ failed, ...memory }: Memory, what: string): Memory {
  return { ...memory, deployed: what, failed: failed.filter(one => one.what !== what) };
}

/** @param isFinal another try would end in the same way */
export function afterFailure({ failed, ...memory }: Memory, what: string, isFinal: boolean): Memory {
  const times = (failed.find(one => one.what === what)?.times ?? 0) + 1;
  const others = failed.filter(one => one.what !== what);
  return { ...memory, failed: [...others, { what, times, given: isFinal || times >= tries }].slice(-most) };
}
