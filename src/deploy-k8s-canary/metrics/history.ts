import { dispersion, unknownDispersion } from '../../core/statistics/index.ts';
import { groupOf } from './groups.ts';
import type { Measure } from './measure.ts';
import { increase, type Series } from './series.ts';

/** So much has to be known of the time before the rollout, seconds: errors of fewer minutes do not show how they cluster. */
export const historySeconds = 15 * 60;
/** The oldest and the newest scrape are within it. */
const nearly = 0.93;

/** What the old release's pods did before the rollout. */
export interface History {
  /** Requests a second of all pods. */
  readonly traffic: number;
  /** Dispersion of what is bad, by group; where it is not among them, `phi` of all. */
  readonly phi: number;
  readonly phiOf: Readonly<Record<string, number>>;
  /** Whether it is measured, or assumed: too short, or nothing bad in it. */
  readonly measured: boolean;
}

export const unknownHistory: History = { traffic: 0, phi: unknownDispersion, phiOf: {}, measured: false };

/**
 * Traffic and dispersion of raw counters. Pure.
 *
 * @param podLabel the label by which a series says its pod
 */
export function historyOf(
  { better }: Pick<Measure, 'better'>,
  denominator: readonly Series[],
  numerator: readonly Series[],
  podLabel: string,
  by: readonly string[],
): History {
  const times = denominator.flatMap(({ samples }) => samples.map(([at]) => at));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const span = times.length === 0 ? 0 : last - first;
  const all = denominator.reduce((sum, { samples }) => sum + increase(samples[0]?.[1] ?? 0, samples, first, last), 0);
  const traffic = span === 0 ? 0 : all / span;
  const unknown = { ...unknownHistory, traffic };
  if (span < nearly * historySeconds) return unknown;
  const grid = { first, every: interval(denominator), podLabel };
  const groups = [...new Set(denominator.map(({ labels }) => groupOf(labels, by)))];
  const bad = (wanted: (series: Series) => boolean) => {
    const some = ticks(numerator.filter(wanted), grid);
    if (better === 'lower') return withSilent(some, ticks(denominator.filter(wanted), grid), seen => seen);
    return withSilent(some, ticks(denominator.filter(wanted), grid), (good, requests) => Math.max(0, requests - good));
  };
  const whole = dispersion(bad(() => true));
  if (whole === undefined) return unknown;
  const phiOf = groups.flatMap(group => {
    const own = dispersion(bad(({ labels }) => groupOf(labels, by) === group));
    return own === undefined ? [] : [[group, own] as const];
  });
  return { traffic, phi: whole, phiOf: by.length === 0 ? {} : Object.fromEntries(phiOf), measured: true };
}

interface Grid {
  readonly first: number;
  readonly every: number;
  readonly podLabel: string;
}

type Ticks = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** How much each pod grew in each interval. */
function ticks(series: readonly Series[], { first, every, podLabel }: Grid): Ticks {
  const seen = new Map<number, Map<string, number>>();
  for (const { labels, samples } of series) {
    let [before] = samples.map(([, value]) => value);
    for (const [at, value] of samples) {
      const tick = Math.floor((at - first) / every);
      const pods = seen.get(tick) ?? new Map<string, number>();
      const grown = value < before! ? value : value - before!;
      pods.set(labels[podLabel] ?? '', (pods.get(labels[podLabel] ?? '') ?? 0) + grown);
      seen.set(tick, pods);
      before = value;
    }
  }
  return seen;
}

/** Of each tick the pods that were asked something, those without anything bad among them. */
function withSilent(some: Ticks, all: Ticks, bad: (counted: number, requests: number) => number): number[][] {
  return [...all].map(([tick, pods]) =>
    [...pods]
      .filter(([, requests]) => requests > 0)
      .map(([pod, requests]) => bad(some.get(tick)?.get(pod) ?? 0, requests)),
  );
}

/** Time between scrapes: the middle of all gaps. */
function interval(series: readonly Series[]): number {
  const gaps = series.flatMap(({ samples }) => samples.slice(1).map(([at], index) => at - samples[index]![0]));
  return gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 1;
}
