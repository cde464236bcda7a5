import { SlipwayError } from '../core/errors.ts';

/** How many pods of each side are behind the Service, so that the new release gets its share. */
export interface Ratio {
  /** All of the old release. */
  readonly stable: number;
  readonly canary: number;
  /** Those of the old release that were started for the comparison (baseline: fresh). */
  readonly fresh?: number;
}

/** The highest share, in percent, beside fresh pods: canary and fresh pods are then as many as the old ones each. */
export const mostBesideFresh = 33;

/** The highest share where the old pods' number is an autoscaler's: the new ones are then four times as many. */
export const mostBesideScaled = 80;

/** What the ratio has to go by. */
export interface Rules {
  /**
   * As many fresh pods of the old release stand beside the new ones. They count as old ones, so that the new release never gets
   * the half, and gets a third when there are three times the pods: shares above {@link mostBesideFresh} are not made.
   */
  readonly fresh?: boolean;
  /** The old pods' number is an autoscaler's: above 50 % the new ones are made more instead of the old ones fewer. */
  readonly scaled?: boolean;
}

/**
 * The share of a plain Service is the ratio of its pods, so it can only be approached. The old release keeps all its pods up to
 * 50 %, and above that the new one has as many as the old one had: nobody's capacity falls, and there are at most twice the pods.
 *
 * Rounding: to the ratio whose share is nearest to the wanted one, the smaller of two that are equally near; at least one pod of
 * the new release above 0 %, and of the old one below 100 %. All arithmetic is in whole numbers.
 *
 * 20 % of 10 pods: 3 of 13 (23.1 %) is nearer than 2 of 12 (16.7 %). 25 % of 2 pods: 1 of 4, beside 1 fresh one. 75 % of 2 pods
 * that are an autoscaler's: 6 of 8.
 */
export function ratioFor(percent: number, pods: number, { fresh = false, scaled = false }: Rules = {}): Ratio {
  if (!Number.isInteger(pods) || pods < 1)
    throw new SlipwayError('REPLICAS_INVALID', `a share of ${pods} pods cannot be made`, {
      hint: 'Scale the workload to at least one pod first.',
    });
  if (percent === 0) return { stable: pods, canary: 0, ...(fresh ? { fresh: 0 } : {}) };
  if (percent === 100) return { stable: 0, canary: pods };
  if (percent > 50 && !scaled) return { stable: nearest(100 - percent, pods, 'larger'), canary: pods };
  const canary = nearest(percent, pods, 'smaller', fresh ? 2 : 1);
  return fresh ? { stable: pods + canary, canary, fresh: canary } : { stable: pods, canary };
}

/**
 * The count c ≥ 1 beside `pods` others whose share c/(pods+each·c) is nearest to percent/100.
 *
 * @param each how many pods come with each of them, itself counted
 */
function nearest(percent: number, pods: number, tie: 'smaller' | 'larger', each = 1): number {
  const low = Math.max(1, Math.floor((pods * percent) / (100 - each * percent)));
  const high = low + 1;
  const all = (count: number) => pods + each * count;
  // |low/all(low) − p| against |high/all(high) − p|, both multiplied by 100·all(low)·all(high)
  const offLow = Math.abs(100 * low - percent * all(low)) * all(high);
  const offHigh = Math.abs(100 * high - percent * all(high)) * all(low);
  return offHigh < offLow || (offHigh === offLow && tie === 'larger') ? high : low;
}

/** `3 of 13 pods, 23.1 %`; `1 of 4 pods, 25.0 %, beside 1 fresh one of the old release`. */
export function describeRatio({ stable, canary, fresh = 0 }: Ratio): string {
  const whole = stable + canary;
  const beside = fresh === 0 ? '' : `, beside ${fresh} fresh ${fresh === 1 ? 'one' : 'ones'} of the old release`;
  return `${canary} of ${whole} pods, ${((100 * canary) / whole).toFixed(1)} %${beside}`;
}
