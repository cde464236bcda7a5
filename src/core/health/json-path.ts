import { SlipwayError } from '../errors.ts';

/** A path into a JSON document: `text` as it was written, `steps` from the root. */
export interface JsonPath {
  readonly text: string;
  readonly steps: readonly (string | number)[];
}

const step = /\.([A-Za-z_][\w-]*)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/**
 * The plain part of RFC 9535: `$.status`, `$.checks[0].name`, `$['a key']`. The `$` may be left out: `status`.
 * Wildcards, slices and filters are refused: an assertion is about one value.
 */
export function parseJsonPath(text: string): JsonPath {
  const rest = text.startsWith('$') ? text.slice(1) : /^[[.]/.test(text) ? text : `.${text}`;
  const steps: (string | number)[] = [];
  step.lastIndex = 0;
  while (step.lastIndex < rest.length) {
    const match = step.exec(rest);
    if (match === null) {
      throw new SlipwayError('JSON_PATH_INVALID', `"${text}" is not a path to one value`, {
        hint: "Write $.status, $.checks[0].name or $['a key'].",
      });
    }
    steps.push(match[2] === undefined ? (match[1] ?? match[3] ?? match[4])! : Number(match[2]));
  }
  return { text, steps };
}

/** The value at the path; `found: false` when there is none. */
export function valueAt(document: unknown, path: JsonPath): { found: boolean; value?: unknown } {
  let value = document;
  for (const key of path.steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return { found: false };
    value = (value as Record<string | number, unknown>)[key];
  }
  return { found: true, value };
}
