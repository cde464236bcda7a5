import { distance } from 'fastest-levenshtein';

/** The known names that a mistyped one may mean, nearest first, at most `most`; empty when none is near. */
export function suggestions(given: string, known: readonly string[], most = 3): string[] {
  const word = given.toLowerCase();
  const limit = Math.max(2, Math.floor(given.length / 3));
  const near = known
    .map(name => ({ name, changes: changes(word, name.toLowerCase()) }))
    .filter(({ changes }) => changes <= limit)
    .sort((a, b) => a.changes - b.changes);
  // What is two changes further off than the best is no longer what was meant.
  return near
    .filter(({ changes }) => changes <= near[0]!.changes + 1)
    .slice(0, most)
    .map(({ name }) => name);
}

/** The known name that a mistyped one most likely meant, or undefined when none is near. */
export function suggest(given: string, known: readonly string[]): string | undefined {
  return suggestions(given, known, 1)[0];
}

/** ` (did you mean "x"?)`, or an empty string; made to be appended to a message. */
export function didYouMean(given: string, known: readonly string[]): string {
  const best = suggest(given, known);
  return best === undefined ? '' : ` (did you mean "${best}"?)`;
}

/** Levenshtein's distance, in which one pair of swapped neighbours is one change (Damerau), as it is one slip of the fingers. */
function changes(given: string, name: string): number {
  const swapped = Array.from({ length: Math.max(0, given.length - 1) }, (_, at) =>
    given[at] === given[at + 1] ? given : given.slice(0, at) + given[at + 1] + given[at] + given.slice(at + 2),
  );
  return Math.min(distance(given, name), ...swapped.map(word => 1 + distance(word, name)));
}
