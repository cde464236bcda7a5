import { SlipwayError } from '../errors.ts';
import { type Count, type EProcess, mixture, times } from './mixture.ts';

/*
 * A rate against a tolerance, without a baseline: a likelihood-ratio wager for binomial counts.
 *
 *   E = mean over k of (p_k/tol)^x · ((1−p_k)/(1−tol))^(n−x)
 *
 * With tol 0.01: (300 requests, 0 errors) gives 11.2678, one more tick (300, 1) 18.8035.
 */
function binomial(tolerance: number, rates: readonly number[]): EProcess<Count> {
  if (!(tolerance > 0 && tolerance < 1))
    throw new SlipwayError('TOLERANCE_INVALID', `an error rate of ${tolerance} is not between 0 and 1`);
  return mixture(rates.length, (k, { requests, errors }) => {
    const rate = rates[k]!;
    return times(errors, Math.log(rate / tolerance)) + times(requests - errors, Math.log((1 - rate) / (1 - tolerance)));
  });
}

/** Evidence that the error rate is below the tolerance. Null: it is at least `tolerance`. */
export function goodness(tolerance: number): EProcess<Count> {
  return binomial(tolerance, goodRates(tolerance));
}

/** Evidence that the error rate is above the tolerance. Null: it is at most `tolerance`. For where no baseline is left. */
export function excess(tolerance: number): EProcess<Count> {
  // by odds, so that no rate reaches 1 whatever the tolerance
  const rates = [2, 4, 8, 16, 32, 64].map(factor => {
    const odds = (factor * tolerance) / (1 - tolerance);
    return odds / (1 + odds);
  });
  return binomial(tolerance, rates);
}

function goodRates(tolerance: number): number[] {
  return [16, 8, 4, 2].map(divisor => tolerance / divisor);
}

/**
 * Requests without a single error until {@link goodness} reaches `level`: what a rollout needs at the least.
 * 368 for 1 % and 3,699 for 0.1 %, at level 20.
 */
export function requestsNeeded(tolerance: number, level: number): number {
  const evidence = (requests: number) => {
    const process = goodness(tolerance);
    process.add({ requests, errors: 0 });
    return process.e;
  };
  let [low, high] = [0, 1];
  while (evidence(high) < level) high *= 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (evidence(middle) < level) low = middle;
    else high = middle;
  }
  return high;
}
