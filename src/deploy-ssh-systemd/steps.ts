import { log } from '../core/log.ts';
import type { Span } from '../core/summary.ts';
import { formatDuration } from '../core/units.ts';

/** The steps of one host: each is told in the log as it ends, and kept for the timeline. */
export class Steps {
  readonly started = Date.now();
  readonly spans: Span[] = [];
  readonly #place: string;

  constructor(place: string) {
    this.#place = place;
  }

  async run<T>(name: string, task: () => Promise<T>, succeeded: (result: T) => boolean = () => true): Promise<T> {
    const start = Date.now();
    let good = false;
    try {
      const result = await task();
      good = succeeded(result);
      return result;
    } finally {
      this.ended(name, start, good);
    }
  }

  /** @param start milliseconds since the epoch */
  ended(name: string, start: number, good = true): void {
    const end = Date.now();
    this.spans.push({ name, start, end, ...(good ? {} : { failed: true }) });
    log.info(`${this.#place}: ${name} ${good ? 'done' : 'failed'} in ${formatDuration(end - start)}`);
  }
}
