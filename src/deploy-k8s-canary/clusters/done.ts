import type { Prepared } from '../deploy.ts';
import type { Outcome } from '../outcome.ts';
import type { Site } from './sites.ts';

/** How it ended in one cluster. */
export interface Done {
  readonly site: Site;
  readonly outcome: Outcome;
  /** ISO 8601. */
  readonly started: string;
  readonly ended: string;
}

/** @param prepared what was just found to be done there; without it, that is found first */
export type Task = (site: Site, prepared?: Prepared) => Promise<Done>;

/** Whether the release turned out not to be good there, or could not be brought there. */
export function isFailed({ outcome: { state } }: Done): boolean {
  return state === 'rolled-back' || state === 'failed' || state === 'unreachable';
}

/** One after the other. */
export async function inTurn<A, B>(all: readonly A[], task: (one: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const one of all) results.push(await task(one));
  return results;
}

/** How the lines of the log begin that are about it. */
export function label({ name }: Site, sites: readonly Site[]): string {
  return name.padEnd(Math.max(...sites.map(one => one.name.length)));
}
