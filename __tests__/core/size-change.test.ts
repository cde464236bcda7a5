import { expect, test } from '@jest/globals';
import { change } from '../../src/core/size-change.ts';

test.each([
  [1e6, 1.5e6, '+500.0 kB (+50.0 %)'],
  [2e6, 1e6, '−1.0 MB (−50.0 %)'],
  [1e7, 1e7 + 100, '+100 B (< 0.1 %)'],
  [1e6, 1e6, 'the same'],
  [0, 1e6, '+1.0 MB'],
  [undefined, 1e6, 'new'],
  [1e6, undefined, 'not built here'],
])('from %s to %s bytes: %s', (before, now, said) => {
  expect(change({ before, now })).toBe(said);
});
