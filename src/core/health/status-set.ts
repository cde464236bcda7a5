import { SlipwayError } from '../errors.ts';

/** Inclusive ranges of HTTP status codes. */
export type StatusSet = readonly (readonly [from: number, to: number])[];

/** What is healthy when nothing is said: 200 to 299. */
export const success: StatusSet = [[200, 299]];

/** `200`, `2xx`, `200-204`, or several with commas: `200,204,3xx`. */
export function parseStatus(text: string): StatusSet {
  return text.split(',').map(part => {
    const match = /^(?:([1-5])xx|([1-5]\d\d)(?:-([1-5]\d\d))?)$/i.exec(part.trim());
    const from = match?.[1] ? Number(match[1]) * 100 : Number(match?.[2]);
    const to = match?.[1] ? from + 99 : Number(match?.[3] ?? match?.[2]);
    if (match === null || to < from) {
      throw new SlipwayError('STATUS_INVALID', `"${part.trim()}" is not an HTTP status`, {
        hint: 'Write 200, 2xx, 200-204, or several with commas.',
      });
    }
    return [from, to] as const;
  });
}

export function hasStatus(set: StatusSet, status: number): boolean {
  return set.some(([from, to]) => from <= status && status <= to);
}

/** `200-299` → `2xx`; `200,204`. */
export function formatStatus(set: StatusSet): string {
  return set
    .map(([from, to]) => {
      if (from === to) return String(from);
      return from % 100 === 0 && to === from + 99 ? `${from / 100}xx` : `${from}-${to}`;
    })
    .join(',');
}
