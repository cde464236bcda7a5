import { log } from '../core/log.ts';
import type { Count, MetricRow } from '../core/statistics/index.ts';
import type { Span } from '../core/summary.ts';
import { Trend } from './trend.ts';

/** One step as the table shows it. */
export interface StepRow {
  readonly weight: number;
  /** Percent of users’ requests that were copied to the new release, on which no user was. */
  mirrored?: number;
  /** What the router was read back to be: `hello=50 hello-canary=50`, `2 of 4 pods, 50.0 %`. */
  share: string;
  /** Ready pods of the new release. */
  ready: number;
  canary: Count;
  baseline: Count;
  router: Count;
  /**
   * Share of the new release among the answers that could be told apart; of a step with copies, copies by the old release’s
   * requests; undefined when none could.
   */
  observed?: number | undefined;
  /** E-values. */
  harm: number;
  good: number;
  verdict: string;
}

/** What happened, for the log, the summary and the record. */
export class Journal {
  readonly spans: Span[] = [];
  readonly rows: StepRow[] = [];
  readonly notes: string[] = [];
  /** Weight and evidence over time. */
  readonly trend = new Trend();
  /** What was compared, as the last look found it. */
  metrics: readonly MetricRow[] = [];

  /** Does something, and remembers how long it took. */
  async span<T>(name: string, task: () => Promise<T>): Promise<T> {
    const start = Date.now();
    log.info(`${name} …`);
    try {
      const result = await task();
      this.spans.push({ name, start, end: Date.now() });
      return result;
    } catch (error) {
      this.spans.push({ name, start, end: Date.now(), failed: true });
      throw error;
    }
  }

  note(line: string): void {
    this.notes.push(line);
    log.info(line);
  }
}
