/** The longest that is waited after failures, milliseconds. */
const longest = 15 * 60_000;

/**
 * Milliseconds to the next look: the interval, doubled by each failure in a row up to a quarter of an hour, and a tenth
 * more or less, so that many who were started together do not ask together.
 *
 * @param random from 0 to 1
 */
export function pauseOf(interval: number, failures: number, random: number): number {
  const base = Math.min(interval * 2 ** Math.min(failures, 20), Math.max(interval, longest));
  return Math.round(base * (0.9 + 0.2 * random));
}
