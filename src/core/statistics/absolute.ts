import { SlipwayError } from '../errors.ts';
import { type Count, logMean, Mixture, times } from './mixture.ts';

/*
 * A rate against a tolerance, without a baseline: a likelihood-ratio wager for binomial counts.
 *
 *   E = mean over k of (p_k/tol)^x · ((1−p_k)/(1−tol))^(n−x)
 *
 * With tol 0.01: (300 requests, 0 errors) gives 11.2678, one more tick (300, 1) 18.8035.
 */
function binomial(tolerance: number, rates: readonly number[], logs?: readonly number[]): Mixture<Count> {
  if (!(tolerance > 0 && tolerance < 1))
    throw new SlipwayError('TOLERANCE_INVALID', `an error rate of ${tolerance} is not between 0 and 1`);
  const step = (k: number, { requests, errors }: Count) =>
    times(errors, Math.log(rates[k]! / tolerance)) + times(requests - errors, forSuccess(rates[k]!, tolerance));
  return new Mixture(rates.length, step, logs);
}

function forSuccess(rate: number, tolerance: number): number {
  return Math.log((1 - rate) / (1 - tolerance));
}

/** Evidence that the error rate is below the tolerance. Null: it is at least `tolerance`. */
export function goodness(tolerance: number, logs?: readonly number[]): Mixture<Count> {
  return binomial(tolerance, goodRates(tolerance), logs);
}

/** Evidence that the error rate is above the tolerance. Null: it is at most `tolerance`. For where no baseline is left. */
export function excess(tolerance: number, logs?: readonly number[]): Mixture<Count> {
  // by odds, so that no rate reaches 1 whatever the tolerance
  const rates = [2, 4, 8, 16, 32, 64].map(factor => {
    const odds = (factor * tolerance) / (1 - tolerance);
    return odds / (1 + odds);
  });
  return binomial(tolerance, rates, logs);
}

function goodRates(tolerance: number): number[] {
  return [16, 8, 4, 2].map(divisor => tolerance / divisor);
}

/**
 * Requests without a single error until {@link goodness} reaches `level`: what a rollout needs at the least.
 * 368 for 1 % and 3,699 for 0.1 %, at level 20.
 *
 * @param logs the wagers of a process that is under way: how many more it needs
 */
export function requestsNeeded(tolerance: number, level: number, logs: readonly number[] = [0, 0, 0, 0]): number {
  const factors = goodRates(tolerance).map(rate => forSuccess(rate, tolerance));
  const enough = (requests: number) => logMean(logs.map((log, k) => log + requests * factors[k]!)) >= Math.log(level);
  if (enough(0)) return 0;
  let [low, high] = [0, 1];
  while (!enough(high)) high *= 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}
