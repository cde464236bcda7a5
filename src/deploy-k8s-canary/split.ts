import type { Observation } from '../core/statistics/index.ts';
import { RolloutError } from './rollout-error.ts';

/** Answers before which a share is not judged. */
const enough = 60;
/** Looks (of a second each) at the begin of a step that still see the former weights: data planes take up to some seconds to follow. */
const settling = 3;

/** Who got how many requests. */
interface Sides {
  readonly canary: number;
  readonly baseline: number;
}

/**
 * Whether the traffic really is divided as it was asked for: by own answers that could be told apart, or by what the pods counted
 * of users' requests, of which the first round may reach back to the former weight.
 */
export class Split {
  readonly #weight: number;
  readonly #users: boolean;
  #roundsLeft: number;
  #canary = 0;
  #baseline = 0;
  #skipped = 0;

  constructor(weight: number, users = false) {
    this.#weight = weight;
    this.#users = users;
    this.#roundsLeft = users ? 1 : 0;
  }

  add(seen: Sides): void {
    if (this.#skipped < settling) {
      this.#skipped++;
      return;
    }
    if (this.#roundsLeft > 0) {
      if (seen.canary + seen.baseline > 0) this.#roundsLeft--;
      return;
    }
    this.#canary += seen.canary;
    this.#baseline += seen.baseline;
  }

  /** Share of the canary, 0 to 1; undefined when no answer could be told apart. */
  get share(): number | undefined {
    const all = this.#canary + this.#baseline;
    return all === 0 ? undefined : this.#canary / all;
  }

  /** How many copies came for each request to the old release; undefined before there was one. */
  get copied(): number | undefined {
    return this.#baseline === 0 ? undefined : this.#canary / this.#baseline;
  }

  /** Whether enough answers could be told apart to judge the share. */
  get judged(): boolean {
    return this.#canary + this.#baseline >= enough;
  }

  /**
   * Throws when the observed share cannot be the wanted one: further off than 10 points and five standard deviations. A ratio of
   * pods is only near its weight, and a balancer is no fair coin: that is what the 10 points are for.
   */
  judge(): void {
    if (!this.judged) return;
    const all = this.#canary + this.#baseline;
    const wanted = this.#weight / 100;
    const deviation = Math.sqrt((wanted * (1 - wanted)) / all);
    const off = Math.abs(this.#canary / all - wanted);
    if (off > 0.1 + 5 * deviation) {
      throw new RolloutError(
        'SPLIT_WRONG',
        `the weight is ${this.#weight} %, but ${Math.round(this.#canary)} of ${Math.round(all)} ${this.#users ? 'requests went to' : 'answers came from'} the new release`,
        {
          hint: `The router does not honour the weight: session affinity, a cache, another route before it, or too few pods.${this.#users ? ' Or the metric counts requests that do not come through the route.' : ''}`,
        },
      );
    }
  }
}

/** How users' requests were divided, by a metric's counts; all of its groups. */
export function usersSplit(seen: readonly Observation[], metric: string): Sides {
  const ticks = seen.filter(one => one.metric === metric).map(({ tick }) => tick);
  const of = (side: 'canary' | 'baseline') => ticks.reduce((all, tick) => all + tick[side].requests, 0);
  return { canary: of('canary'), baseline: of('baseline') };
}
