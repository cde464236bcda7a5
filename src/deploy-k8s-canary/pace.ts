import { type Count, goodness } from '../core/statistics/index.ts';

/** E-value of this step alone, against "it fails at least `tolerance` often", at which its weight may be raised. */
const relaxed = 2;
/** E(worse), of the whole rollout, from which on nothing is hurried. */
const calm = 3;

/**
 * Whether a step of `steps: auto` may end before its time. Every step begins anew, so by Ville's inequality a release that
 * fails at least `tolerance` often is hurried on from a step with a chance of at most 1/2, and from k steps of 2^-k at most. The
 * bounds of rollback and promotion do not depend on this: both hold at whatever moment one stops looking.
 */
export class Pace {
  readonly #step: ReturnType<typeof goodness>;

  constructor(tolerance: number) {
    this.#step = goodness(tolerance);
  }

  /** Own requests to the new pods. */
  add(count: Count): void {
    this.#step.add(count);
  }

  allows(harm: number): boolean {
    return this.#step.e >= relaxed && harm < calm;
  }
}
