import { SlipwayError } from '../core/errors.ts';

/** So many hosts, or such a share of all. */
export type Share = { readonly count: number } | { readonly percent: number };

/** How fast a release goes over the hosts. */
export interface Pace {
  readonly strategy: 'all' | 'rolling' | 'canary' | 'blue-green';
  /** Hosts at once; of a canary, those after it. */
  readonly batch: Share | undefined;
  /** Hosts that may be without a serving release at once; undefined when that does not matter. */
  readonly maxUnavailable: Share | undefined;
}

/** `2` or `25%`. */
export function parseShare(text: string): Share {
  const match = /^(\d{1,6})(%?)$/.exec(text);
  const value = Number(match?.[1] ?? 0);
  if (match === null || value < 1 || (match[2] === '%' && value > 100))
    throw new SlipwayError('SHARE_INVALID', 'it is neither a number of hosts nor a share of them');
  return match[2] === '%' ? { percent: value } : { count: value };
}

/** Hosts; a share is rounded down, and is one host at the least. */
export function hostsOf(share: Share, all: number): number {
  return 'count' in share ? share.count : Math.max(1, Math.floor((all * share.percent) / 100));
}

/** Where a rollout stands. */
export interface Standing<H> {
  /** Hosts that have not been begun, in the order of the input. */
  readonly waiting: readonly H[];
  /** Number of all hosts. */
  readonly all: number;
  /** Number of those that are not waiting and do not serve: unreachable ones, failed ones. */
  readonly lost: number;
  /** Nothing has been begun yet. */
  readonly first: boolean;
}

/**
 * The hosts that are next: those that serve nothing first, as there is nothing to lose; of those that serve, only as many
 * as `max-unavailable` leaves. Empty when it leaves none. Pure.
 */
export function nextBatch<H extends { readonly serves: boolean }>(standing: Standing<H>, pace: Pace): H[] {
  const { waiting, all, lost } = standing;
  const down = waiting.filter(host => !host.serves);
  const left = pace.maxUnavailable === undefined ? all : hostsOf(pace.maxUnavailable, all) - lost - down.length;
  const free = [...down, ...waiting.filter(host => host.serves).slice(0, Math.max(0, left))];
  return free.slice(0, sizeOf(pace, standing));
}

function sizeOf({ strategy, batch }: Pace, { all, first }: Standing<unknown>): number {
  if (strategy === 'all') return all;
  if (strategy === 'canary' && first) return 1;
  const usual: Share = strategy === 'canary' ? { percent: 100 } : { count: 1 };
  return hostsOf(batch ?? usual, all);
}
