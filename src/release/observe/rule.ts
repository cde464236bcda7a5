import { type Matcher, type Selector, selectorText } from '../../core/prometheus-selector.ts';
import type { Level, Severity } from './form.ts';
import type { Settings, Timing } from './settings.ts';

/** An alert. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly severity: Severity;
  /** Milliseconds that the condition holds before it fires. */
  readonly for: number;
  /** Milliseconds that the expression looks back at most, before it is true and before it is false again. */
  readonly looks: { readonly long: number; readonly short: number };
  readonly summary: string;
  readonly description: string;
  /** What to do, as a person who is woken by it reads it. */
  readonly runbook: string;
  /** Where its series come from. */
  readonly from: string;
}

/** A query whose answer is kept under a name. */
export interface Recorded {
  readonly record: string;
  readonly expr: string;
}

export interface Rules {
  readonly level: Level;
  readonly records: readonly Recorded[];
  readonly alerts: readonly Alert[];
}

/** As Prometheus writes durations: `1h30m`. */
export function promDuration(ms: number): string {
  let left = ms;
  const parts = units.map(([unit, size]) => {
    const many = Math.floor(left / size);
    left -= many * size;
    return many === 0 ? '' : `${many}${unit}`;
  });
  return parts.join('') || '0s';
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/**
 * At most so long after a condition began, and lasts, its alert fires; and after it ended, the alert is gone. A sample may
 * be a scrape old when a rule is evaluated, and takes up to another one to come in; `for` begins at one evaluation and is
 * over at a later one.
 *
 * @returns milliseconds
 */
export function within({ looks, for: lasting }: Pick<Alert, 'looks' | 'for'>, { scrape, evaluate }: Timing) {
  return {
    fires: looks.long + lasting + 2 * scrape + 2 * evaluate,
    clears: looks.short + 2 * scrape + evaluate,
  };
}

/** The service's own series of a metric. */
export const own = (
  { metric, matchers }: Selector,
  { select }: Pick<Settings, 'select'>,
  more: readonly Matcher[] = [],
) => selectorText({ metric, matchers }, [...select, ...more]);

/** How many in a time; 0 where there is no such series. */
export const increase = (series: string, ms: number) => `(sum(increase(${series}[${promDuration(ms)}])) or vector(0))`;

/** Looks back equally far before it is true and before it is false. */
export const back = (ms: number) => ({ long: ms, short: ms });

/** A fraction without the noise of binary numbers: `0.0144`. */
export const decimal = (value: number) => String(Number(value.toPrecision(12)));

export const percent = (value: number) => `${decimal(value * 100)} %`;
