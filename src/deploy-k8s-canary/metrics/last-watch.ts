import { type Count, type Observation, type SavedWatchdog, Watchdog } from '../../core/statistics/index.ts';
import type { Prepared } from './prepare.ts';

/** By metric. */
export type SavedLastWatch = Readonly<Record<string, SavedWatchdog>>;

/** What is left of the metrics where there is no baseline any more: each against its tolerance. They share `alpha`. */
export class LastWatch {
  readonly #watched: readonly { readonly metric: Prepared; readonly watchdog: Watchdog }[];

  constructor(metrics: readonly Prepared[], alpha: number, saved: SavedLastWatch = {}) {
    const share = alpha / Math.max(1, metrics.length);
    this.#watched = metrics.map(metric => ({
      metric,
      watchdog: new Watchdog({ alpha: share, tolerance: metric.tolerance }, saved[metric.name]),
    }));
  }

  add(seen: readonly Observation[]): void {
    for (const { metric, tick, phi } of seen) {
      const found = this.#watched.find(one => one.metric.name === metric);
      if (found === undefined) continue;
      const { requests, errors } = tick.canary;
      const bad = found.metric.better === 'lower' ? errors : requests - errors;
      found.watchdog.add({ requests, errors: bad }, phi);
    }
  }

  save(): SavedLastWatch {
    return Object.fromEntries(this.#watched.map(({ metric, watchdog }) => [metric.name, watchdog.save()]));
  }

  /** The metric that is beyond its tolerance. */
  get exceeded(): { readonly name: string; readonly count: Count; readonly e: number } | undefined {
    const found = this.#watched.find(({ watchdog }) => watchdog.exceeded);
    return found && { name: found.metric.name, count: found.watchdog.count, e: found.watchdog.e };
  }
}
