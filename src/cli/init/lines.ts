import { stringify } from 'yaml';

/** One line of the file that is written, or a value of several. */
export interface Line {
  readonly key: string;
  readonly value: unknown;
  /** Where it was found, or why it is so. */
  readonly why?: string;
  /** What only the user knows: said at the line and at the end. */
  readonly todo?: string;
  /** YAML anchor of the value, or the one that it repeats. */
  readonly anchor?: string;
  readonly alias?: string;
}

export function line(key: string, value: unknown, why?: string): Line {
  return { key, value, ...(why !== undefined && { why }) };
}

/** A line whose value is left empty. */
export function todo(key: string, what: string, anchor?: string): Line {
  return { key, value: '', todo: what, ...(anchor !== undefined && { anchor }) };
}

/** YAML text of lines, two blanks deeper a level; `first` goes before the first key (`- `). */
export function render(lines: readonly Line[], level: number, first = ''): string[] {
  return lines.flatMap((one, index) => {
    const indent = ' '.repeat(2 * level - (index === 0 ? first.length : 0)) + (index === 0 ? first : '');
    const said = one.todo === undefined ? one.why : `TODO: ${one.todo}`;
    const comment = said === undefined ? '' : ` # ${said}`;
    const head = `${indent}${one.key}:${one.anchor === undefined ? '' : ` &${one.anchor}`}`;
    if (one.alias !== undefined) return [`${head} *${one.alias}${comment}`];
    if (typeof one.value === 'string' && one.value.includes('\n'))
      return [
        `${head} |${comment}`,
        ...one.value
          .trim()
          .split('\n')
          .map(text => `${' '.repeat(2 * level + 2)}${text}`),
      ];
    return [`${head} ${scalar(one.value)}${comment}`];
  });
}

/** A value on one line: text, a list `[a, b]` or a map `{ env: NAME }`. */
function scalar(value: unknown): string {
  return stringify(value, {
    collectionStyle: 'flow',
    lineWidth: 0,
    flowCollectionPadding: !Array.isArray(value),
  }).trim();
}
