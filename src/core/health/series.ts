/** What happened in one part of the time. */
export interface Bucket {
  /** Milliseconds since the begin of the series. */
  readonly from: number;
  readonly attempts: number;
  readonly failures: number;
  /** The slowest attempt, milliseconds; one that failed counts by the time until then. */
  readonly slowest: number;
}

/** Points that a chart can show. */
const most = 40;

/** Attempts over time, for a chart: however many there are, they are kept in at most 80 buckets of equal length. */
export class Series {
  #width = 50;
  /** By their begin. */
  #buckets = new Map<number, Bucket>();

  /** `at`: milliseconds since the begin; `ms`: what the attempt took. */
  add(at: number, ok: boolean, ms: number): void {
    while (at / this.#width >= 2 * most) this.#halve();
    this.#join({ from: at, attempts: 1, failures: ok ? 0 : 1, slowest: ms });
  }

  /** In the order of time; parts without an attempt are left out. */
  get buckets(): readonly Bucket[] {
    return [...this.#buckets.values()].sort((a, b) => a.from - b.from);
  }

  #halve(): void {
    this.#width *= 2;
    const finer = this.#buckets.values();
    this.#buckets = new Map();
    for (const one of finer) this.#join(one);
  }

  #join(one: Bucket): void {
    const from = Math.floor(one.from / this.#width) * this.#width;
    this.#buckets.set(from, { ...joined(this.#buckets.get(from), one), from });
  }
}

function joined(a: Bucket | undefined, b: Bucket): Bucket {
  if (a === undefined) return b;
  return {
    from: a.from,
    attempts: a.attempts + b.attempts,
    failures: a.failures + b.failures,
    slowest: Math.max(a.slowest, b.slowest),
  };
}
