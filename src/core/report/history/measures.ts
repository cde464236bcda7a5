import type { Entry } from '../../records/entry.ts';
import { attempts, inOrder, restoredAfter, timesOf } from './attempts.ts';

/**
 * The four measures of DORA (https://dora.dev/guides/dora-metrics-four-keys/), of one program in one environment, from
 * the entries that were written down there. DORA's words are about production in general; what they mean here stands at
 * each field and on the page (`definitions`). Times are milliseconds.
 */
export interface Measures {
  /** Change lead time: from the commit of a version to the end of its first deployment that was healthy. */
  readonly leadTime: Times;
  /** Deployment frequency: deployments that ended healthy, by the days from the first entry to the last, at least one. */
  readonly frequency: { readonly deployments: number; readonly days: number; readonly perWeek: number };
  /** Change failure rate: the share of deployments that failed; undefined without any. */
  readonly failures: { readonly failed: number; readonly deployments: number; readonly rate: number | undefined };
  /** Time to restore: from when it failed, as far as it is known, until something is healthy there again; `open`: not yet. */
  readonly restore: Times & { readonly open: readonly string[] };
}

/** One time for each version, oldest first, and their median; undefined without any. */
export interface Times {
  readonly median: number | undefined;
  readonly of: readonly { readonly version: string; readonly ms: number }[];
}

/** What each measure means here, for the page. */
export const definitions = {
  leadTime:
    'From the commit of a version to the end of the first deployment that was healthy there; the median. Only the commit that was released is known, not the older ones that came with it.',
  frequency:
    'Deployments that ended healthy and changed something, for the days from the first entry to the last. Going back to an older release does not count.',
  failures:
    'Of the deployments that came to an end, those that failed, were taken back (by themselves or by hand), or were called failed by a verification before the next one. Also counted: a canary that went back by itself before everybody got it.',
  restore:
    'From the begin of a deployment that failed, from the verdict that called it failed, or from the begin of the way back by hand, whichever is known; to the end of what made the place healthy again: its own way back, or the next healthy deployment or verified verdict. The median.',
} as const;

/** @param entries of one program in one environment, in any order */
export function measure(entries: readonly Entry[]): Measures {
  const inTime = entries.toSorted(inOrder);
  const all = attempts(inTime);
  const healthy = all.filter(({ entry }) => entry.state === 'healthy');
  const failed = all.filter(({ failure }) => failure !== undefined);
  const days = Math.max(1, daysOf(inTime));
  const restored = failed.map(({ entry, failure }) => ({
    version: entry.version,
    ms: restoredAfter(failure!, inTime),
  }));
  return {
    leadTime: times(firstOfEach(healthy.map(({ entry }) => entry)).flatMap(leadTimeOf)),
    frequency: { deployments: healthy.length, days, perWeek: (7 * healthy.length) / days },
    failures: {
      failed: failed.length,
      deployments: all.length,
      rate: all.length === 0 ? undefined : failed.length / all.length,
    },
    restore: {
      ...times(restored.flatMap(({ version, ms }) => (ms === undefined ? [] : [{ version, ms }]))),
      open: restored.filter(({ ms }) => ms === undefined).map(({ version }) => version),
    },
  };
}

function leadTimeOf(entry: Entry) {
  const { version, commitTime } = entry;
  return commitTime === undefined ? [] : [{ version, ms: timesOf(entry).ended - Date.parse(commitTime) }];
}

function firstOfEach(entries: readonly Entry[]): Entry[] {
  return entries.filter((entry, index) => entries.findIndex(({ version }) => version === entry.version) === index);
}

function daysOf(entries: readonly Entry[]): number {
  const begin = Math.min(...entries.map(({ started }) => Date.parse(started)));
  const end = Math.max(...entries.map(({ ended }) => Date.parse(ended)));
  return entries.length === 0 ? 0 : (end - begin) / 86_400_000;
}

function times(of: Times['of']): Times {
  const sorted = of.map(({ ms }) => ms).sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1]! + sorted[half]!) / 2;
  return { median: sorted.length === 0 ? undefined : median, of };
}
