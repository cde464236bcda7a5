import { expect, test } from '@jest/globals';
import { retryAfter } from '../../src/core/retry-after.ts';

const now = Date.parse('2026-01-02T03:04:05Z');

test.each([
  [undefined, undefined],
  ['0', 0],
  ['7', 7000],
  ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
  ['soon', undefined],
])('Retry-After: %s is %s ms', (header, expected) => {
  expect(retryAfter(header, now)).toBe(expected);
});
