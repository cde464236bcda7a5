import { requestsNeeded } from './absolute.ts';

export interface BudgetPlan {
  readonly tolerance: number;
  readonly beta: number;
  /** The steps that have a baseline: the canary's share of the users' requests, 0 to 1, and for how long. */
  readonly steps: readonly { readonly share: number; readonly seconds: number }[];
  /** Expected requests a second of all users together; 0 where nothing is known of them. */
  readonly traffic: number;
  /** Dispersion of the users' errors: their requests count for so many times less. */
  readonly phi: number;
  /** Own requests a second to the canary. */
  readonly probes: number;
}

/** Whether a rollout can come to the promised certainty, as far as that can be said before it starts. */
export interface Budget {
  /** Requests to the canary without an error that promotion needs, independent ones. */
  readonly needed: number;
  /** What users' and own requests come to in the steps, counted in the same way. */
  readonly users: number;
  readonly own: number;
  /** Seconds after which it suffices; undefined when it does not within the steps. */
  readonly enough: number | undefined;
  /** How much longer the last step would have to be, in seconds; Infinity where nothing comes. */
  readonly missing: number;
}

export function budgetOf({ tolerance, beta, steps, traffic, phi, probes }: BudgetPlan): Budget {
  // goodness is the mean of the absolute and the relative evidence, and without errors the relative one stays 1
  const needed = requestsNeeded(tolerance, 2 / beta - 1);
  const rates = steps.map(({ share, seconds }) => ({ seconds, rate: (traffic * share) / phi + probes }));
  const users = steps.reduce((sum, { share, seconds }) => sum + (traffic * share * seconds) / phi, 0);
  const own = steps.reduce((sum, { seconds }) => sum + probes * seconds, 0);
  let [gathered, time] = [0, 0];
  for (const { seconds, rate } of rates) {
    if (gathered + rate * seconds >= needed)
      return { needed, users, own, enough: time + (needed - gathered) / rate, missing: 0 };
    gathered += rate * seconds;
    time += seconds;
  }
  return { needed, users, own, enough: undefined, missing: (needed - gathered) / (rates.at(-1)?.rate ?? 0) };
}
