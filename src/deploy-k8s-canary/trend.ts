/** What was known at a moment. */
export interface TrendPoint {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Percent. */
  readonly weight: number;
  /** Percent of users' requests that were copied to the new release; absent where none were. */
  readonly mirrored?: number;
  /** E-values. */
  readonly harm: number;
  readonly good: number;
}

/** Milliseconds: looks are a second apart, more or less. */
const slack = 500;

/** Points that a chart can show, at the most twice. */
const most = 12;

/** Weight and evidence over time: however long it takes, no more than 24 points, equally far apart, and the last one. */
export class Trend {
  #points: TrendPoint[] = [];
  #last: TrendPoint | undefined;
  #every = 1000;

  add(point: TrendPoint): void {
    this.#last = point;
    const before = this.#points.at(-1);
    if (before !== undefined && point.at - before.at < this.#every - slack) return;
    this.#points.push(point);
    if (this.#points.length <= 2 * most) return;
    this.#points = this.#points.filter((_, index) => index % 2 === 0);
    this.#every *= 2;
  }

  get points(): readonly TrendPoint[] {
    const last = this.#last;
    return last === undefined || this.#points.includes(last) ? this.#points : [...this.#points, last];
  }
}
