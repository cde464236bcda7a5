import { closest, distance } from 'fastest-levenshtein';

/** The known name that a mistyped one most likely meant, or undefined when none is near. */
export function suggest(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const best = closest(given.toLowerCase(), known as string[]);
  return distance(given.toLowerCase(), best) <= Math.max(2, Math.floor(given.length / 3)) ? best : undefined;
}

/** ` (did you mean "x"?)`, or an empty string; made to be appended to a message. */
export function didYouMean(given: string, known: readonly string[]): string {
  const best = suggest(given, known);
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}
