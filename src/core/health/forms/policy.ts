import { type Budget, parseBudget } from '../budget.ts';
import type { Policy } from '../check.ts';
import type { Given } from './form.ts';
import { count, duration, flag, type Key, text, texts } from './readers.ts';

const budget: Key<Budget> = { read: (value, key) => parseBudget(text.read(value, key)) };

/** Keys that every kind of check has. */
export const commonKeys = {
  name: text,
  within: duration,
  period: duration,
  timeout: duration,
  deadline: duration,
  successes: count(1, 100),
  failures: count(1, 1000),
  hold: duration,
  latency: budget,
  'depends-on': texts,
  'warn-only': flag,
} as const;

/** Takes the policy out of what was read; what is left is the kind's own. */
export function splitPolicy(given: Given): { own: Given; policy: Policy } {
  const { period, timeout, deadline, successes, failures, hold, latency, dependsOn, warnOnly, ...own } = given;
  const all = { period, attemptTimeout: timeout, deadline, successes, failures, hold, latency, dependsOn, warnOnly };
  return { own, policy: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) };
}
