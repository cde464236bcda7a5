import { numberOf } from '../../core/health/attempts/prometheus.ts';

/** A series with the samples of a time: seconds since the epoch, as they were scraped, and values; oldest first. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
}

export type Sample = readonly [at: number, value: number];

/**
 * The series of a matrix. A sample that is no count (NaN, infinite, below 0) is left out, and so is one that does not come after
 * the one before: it was sent twice.
 *
 * @param data https://prometheus.io/docs/prometheus/latest/querying/api/#range-vectors
 */
export function seriesOf(data: {
  readonly resultType?: string;
  readonly result?: readonly { metric: Record<string, string>; values?: readonly [number, string][] }[];
}): Series[] {
  return (data?.result ?? []).map(({ metric, values = [] }) => {
    const samples: Sample[] = [];
    for (const [at, text] of values) {
      const value = numberOf(text);
      if (Number.isFinite(value) && value >= 0 && at > (samples.at(-1)?.[0] ?? 0)) samples.push([at, value]);
    }
    return { labels: metric, samples };
  });
}

/** The series of a vector, with one value each. */
export function vectorOf(data: {
  readonly result?: readonly { metric: Record<string, string>; value: readonly [number, string] }[];
}): { readonly labels: Readonly<Record<string, string>>; readonly value: number }[] {
  return (data?.result ?? []).map(({ metric, value }) => ({ labels: metric, value: numberOf(value[1]) }));
}

/** By how much a counter grew, after `from` and up to `to`. A value that fell began again at 0. */
export function increase(before: number, samples: readonly Sample[], from: number, to: number): number {
  let [grown, last] = [0, before];
  for (const [at, value] of samples) {
    if (at <= from || at > to) continue;
    grown += value < last ? value : value - last;
    last = value;
  }
  return grown;
}

/** The last value at or before a time. */
export function valueAt({ samples }: Series, at: number): number | undefined {
  return samples.findLast(([time]) => time <= at)?.[1];
}
