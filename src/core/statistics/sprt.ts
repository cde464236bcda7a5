/** Wald's sequential probability ratio test (1945), one observation at a time: the reference that the e-processes are compared with. */
export interface Sprt {
  /** Thresholds of the log likelihood ratio: at or above `upper` the rate is p1, at or below `lower` it is p0. */
  readonly upper: number;
  readonly lower: number;
  /** What an error and a success add. */
  readonly error: number;
  readonly success: number;
}

/**
 * @param alpha chance of deciding for p1 when p0 is true
 * @param beta chance of deciding for p0 when p1 is true
 */
export function sprt(alpha: number, beta: number, p0: number, p1: number): Sprt {
  return {
    upper: Math.log((1 - beta) / alpha),
    lower: Math.log(beta / (1 - alpha)),
    error: Math.log(p1 / p0),
    success: Math.log((1 - p1) / (1 - p0)),
  };
}
