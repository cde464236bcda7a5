import { parse, type Scalar } from 'yaml';
import type { Edit } from './edit.ts';

/** The edit that puts another value in a scalar's place. Its own quotes stay. */
export function replacing({ range: [start, end], type }: Scalar.Parsed, value: string): Edit {
  const text = type === 'QUOTE_DOUBLE' ? JSON.stringify(value) : type === 'QUOTE_SINGLE' ? `'${value}'` : quoted(value);
  return { start, end, text };
}

/** The same where nothing may be written behind the key yet, as in `tag:` and `tag: # the chart's`. */
export function filling(source: string, scalar: Scalar.Parsed, value: string): Edit {
  const { start, end, text } = replacing(scalar, value);
  if (start !== end) return { start, end, text };
  const [before, after] = [source[start - 1] === ':' ? ' ' : '', source[end] === '#' ? ' ' : ''];
  return { start, end, text: `${before}${text}${after}` };
}

/** A tag such as `1.10` would be a number. */
export function quoted(value: string): string {
  return parse(value) === value ? value : JSON.stringify(value);
}
