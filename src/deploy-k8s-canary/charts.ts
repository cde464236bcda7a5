import { chart } from '../core/report/chart.ts';
import type { Limits } from '../core/statistics/index.ts';
import { formatDuration } from '../core/units.ts';
import type { TrendPoint } from './trend.ts';

/** Below this a chart says less than the table. */
const leastPoints = 4;

/** Weight over time, and the two kinds of evidence with the limit that each is compared with. Pure. */
export function trendCharts(points: readonly TrendPoint[], { alpha, beta }: Pick<Limits, 'alpha' | 'beta'>): string[] {
  if (points.length < leastPoints) return [];
  const times = points.map(({ at }) => formatDuration(1000 * Math.round((at - points[0]!.at) / 1000)));
  const weights = points.map(({ weight }) => weight);
  const copied = points.map(({ mirrored = 0 }) => mirrored);
  const copies = copied.some(one => one > 0) ? [{ form: 'line' as const, values: copied }] : [];
  const title = `Weight of the new release (%)${copies.length > 0 ? '; the line: requests copied to it' : ''}`;
  return [
    chart({ title, times, unit: '%', to: 100, lines: [{ form: 'bar', values: weights }, ...copies] }),
    evidence(
      'E(worse)',
      'rolled back',
      times,
      points.map(({ harm }) => harm),
      1 / alpha,
    ),
    evidence(
      'E(good)',
      'promoted',
      times,
      points.map(({ good }) => good),
      1 / beta,
    ),
  ];
}

/** In powers of ten: the evidence as it went, and the line that it has to reach. */
function evidence(
  name: string,
  then: string,
  times: readonly string[],
  values: readonly number[],
  limit: number,
): string {
  const line = round(Math.log10(limit));
  // far beyond the limit more says nothing more, and neither does less than a thousandth
  const powers = values.map(e => round(Math.min(2 * line, Math.max(-3, Math.log10(e)))));
  const from = Math.min(0, Math.floor(Math.min(...powers)));
  const to = Math.ceil(Math.max(line, ...powers) + 0.1);
  const lines = [powers, times.map(() => line)].map(one => ({ form: 'line' as const, values: one }));
  const title = `${name} as a power of ten; ${then} at ${line}`;
  return chart({ title, times, unit: 'log10 E', from, to, lines });
}

function round(value: number): number {
  return Number(value.toFixed(2));
}
