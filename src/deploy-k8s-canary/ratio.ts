import { SlipwayError } from '../core/errors.ts';

/** How many pods of each side are behind the Service, so that the new release gets its share. */
export interface Ratio {
  readonly stable: number;
  readonly canary: number;
}

/**
 * The share of a plain Service is the ratio of its pods, so it can only be approached. The old release keeps all its pods up to
 * 50 %, and above that the new one has as many as the old one had: nobody's capacity falls, and there are at most twice the pods.
 *
 * Rounding: to the ratio whose share is nearest to the wanted one, the smaller of two that are equally near; at least one pod of
 * the new release above 0 %, and of the old one below 100 %. All arithmetic is in whole numbers.
 *
 * 20 % of 10 pods: 3 of 13 (23.1 %) is nearer than 2 of 12 (16.7 %).
 */
export function ratioFor(percent: number, pods: number): Ratio {
  if (!Number.isInteger(pods) || pods < 1)
    throw new SlipwayError('REPLICAS_INVALID', `a share of ${pods} pods cannot be made`, {
      hint: 'Scale the workload to at least one pod first.',
    });
  if (percent === 0) return { stable: pods, canary: 0 };
  if (percent === 100) return { stable: 0, canary: pods };
  if (percent > 50) {
    const { stable: canary, canary: stable } = nearest(100 - percent, pods, 'larger');
    return { stable, canary };
  }
  return nearest(percent, pods, 'smaller');
}

/** The count c ≥ 1 beside `pods` others whose share c/(pods+c) is nearest to percent/100. */
function nearest(percent: number, pods: number, tie: 'smaller' | 'larger'): Ratio {
  const low = Math.max(1, Math.floor((pods * percent) / (100 - percent)));
  const high = low + 1;
  // |low/(pods+low) − p| against |high/(pods+high) − p|, both multiplied by 100·(pods+low)·(pods+high)
  const offLow = Math.abs(100 * low - percent * (pods + low)) * (pods + high);
  const offHigh = Math.abs(100 * high - percent * (pods + high)) * (pods + low);
  const takeHigh = offHigh < offLow || (offHigh === offLow && tie === 'larger');
  return { stable: pods, canary: takeHigh ? high : low };
}

/** `3 of 13 pods, 23.1 %`. */
export function describeRatio({ stable, canary }: Ratio): string {
  const whole = stable + canary;
  return `${canary} of ${whole} pods, ${((100 * canary) / whole).toFixed(1)} %`;
}
