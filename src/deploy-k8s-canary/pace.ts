import { type Count, goodness, type Observation, ownRequests, thinned } from '../core/statistics/index.ts';
import type { Prepared } from './metrics/prepare.ts';

/** E-value of this step alone, against "it fails at least `tolerance` often", at which its weight may be raised. */
const relaxed = 2;
/** E(worse), of the whole rollout, from which on nothing is hurried. */
const calm = 3;

/** What a step's evidence comes from: own requests, and metrics of users' requests. */
export type Source = Pick<Prepared, 'name' | 'better' | 'tolerance'>;

/**
 * Whether a step of `steps: auto` may end before its time. Every step begins anew, and the mean of e-values is one: so by Ville's
 * inequality a release that fails at least `tolerance` often, in every source, is hurried on from a step with a chance of at most
 * 1/2, and from k steps of 2^-k at most. The bounds of rollback and promotion do not depend on this: both hold at whatever moment
 * one stops looking.
 */
export class Pace {
  readonly #sources: readonly (Source & { readonly evidence: ReturnType<typeof goodness> })[];

  /** @param sources none: nothing can be seen at this step, and there is nothing to wait for */
  constructor(sources: readonly Source[]) {
    this.#sources = sources.map(source => ({ ...source, evidence: goodness(source.tolerance) }));
  }

  /** What was counted of the new pods since the look before; groups of a metric are taken together. */
  add(seen: readonly Observation[]): void {
    for (const { metric, tick, phi = 1 } of seen) {
      const source = this.#sources.find(({ name }) => name === metric);
      source?.evidence.add(thinned(bad(source, tick.canary), phi));
    }
  }

  allows(harm: number): boolean {
    const values = this.#sources.map(({ evidence }) => evidence.e);
    const mean = values.length === 0 ? relaxed : values.reduce((all, e) => all + e, 0) / values.length;
    return mean >= relaxed && harm < calm;
  }
}

function bad({ better }: Source, { requests, errors }: Count): Count {
  return { requests, errors: better === 'lower' ? errors : requests - errors };
}

/** @param share percent of users' requests, or of copies of them; at 0 pods count the own requests alone, and no user's */
export function sourcesOf(metrics: readonly Source[], asksPods: boolean, tolerance: number, share: number): Source[] {
  return [
    ...(asksPods ? [{ name: ownRequests, better: 'lower' as const, tolerance }] : []),
    ...(share === 0 ? [] : metrics),
  ];
}
