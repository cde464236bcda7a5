/** Something that was found in the repository, and where: `main.go:42`. */
export interface Found<T = string> {
  readonly value: T;
  readonly at: string;
}

/** `main.go:42` of an offset in a file's text. */
export function placeOf(file: string, text: string, offset: number): string {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return `${file}:${line}`;
}

/** Of every match of a pattern, its groups and where it stands. */
export function matches(file: string, text: string, pattern: RegExp): (Found<RegExpExecArray> & { offset: number })[] {
  return [...text.matchAll(pattern)].map(match => ({
    value: match,
    at: placeOf(file, text, match.index),
    offset: match.index,
  }));
}
