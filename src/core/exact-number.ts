/** A number of a YAML file as it was written there, where JavaScript would write it otherwise: `1.20`, `0.10`, `1e3`. */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** `JSON.rawJSON` and the source text in `JSON.parse` (ECMAScript 2026; Node 21 and newer) are not yet in TypeScript's library. */
const json = JSON as unknown as {
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
  parse(text: string, revive: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
};

/** What `JSON.stringify` writes as it stands; a text where JSON has no such number (`0755`, `.5`). */
export function exactNumber(source: string): ExactNumber | string {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(source) ? json.rawJSON(source) : source;
}

export const isExactNumber = (value: unknown): value is ExactNumber => json.isRawJSON(value);

/** JSON's data with every number as the text it was written as. */
export function parseWithNumbersAsWritten(text: string): unknown {
  return json.parse(text, (_, value, { source }) => (typeof value === 'number' ? source : value));
}
