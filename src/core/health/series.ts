/** What happened in one part of the time. */
export interface Bucket {
  /** Milliseconds since the begin of the series. */
  readonly from: number;
  readonly attempts: number;
  readonly failures: number;
  /** The slowest good answer, milliseconds; undefined without one. */
  readonly slowest?: number;
}

/** Points that a chart can show. */
const most = 40;

/** Attempts over time, for a chart: however many there are, they are kept in at most 80 buckets of equal length. */
export class Series {
  #width = 50;
  #buckets: Bucket[] = [];

  /** `at`: milliseconds since the begin. */
  add(at: number, ok: boolean, ms: number | undefined): void {
    while (at / this.#width >= 2 * most) this.#halve();
    const index = Math.floor(at / this.#width);
    const seen = {
      from: index * this.#width,
      attempts: 1,
      failures: ok ? 0 : 1,
      ...(ms === undefined ? {} : { slowest: ms }),
    };
    this.#buckets[index] = joined(this.#buckets[index], seen);
  }

  /** In the order of time; parts without an attempt are left out. */
  get buckets(): readonly Bucket[] {
    return this.#buckets.filter(one => one !== undefined);
  }

  #halve(): void {
    this.#width *= 2;
    const halved: Bucket[] = [];
    for (const one of this.buckets) {
      const index = Math.floor(one.from / this.#width);
      halved[index] = { ...joined(halved[index], one), from: index * this.#width };
    }
    this.#buckets = halved;
  }
}

function joined(a: Bucket | undefined, b: Bucket): Bucket {
  if (a === undefined) return b;
  const slowest = Math.max(a.slowest ?? -1, b.slowest ?? -1);
  return {
    from: a.from,
    attempts: a.attempts + b.attempts,
    failures: a.failures + b.failures,
    ...(slowest < 0 ? {} : { slowest }),
  };
}
