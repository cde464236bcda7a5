import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isTagPattern, isWanted, readReference } from '../../../src/cli/serve/wanted.ts';

const branches = ['main', 'release/1.x'];

test.each([
  ['refs/heads/main', undefined, true],
  ['refs/heads/release/1.x', undefined, true],
  ['refs/heads/release/1-x', undefined, false],
  ['refs/heads/a/../main', undefined, false],
  ['refs/heads/main/', undefined, false],
  ['refs/heads/', undefined, false],
  ['refs/tags/main', undefined, false],
  ['heads/main', undefined, false],
  ['main', undefined, false],
  ['refs/tags/v1.2.3', ['v*'], true],
  ['refs/tags/v1.2.3', ['v1.2.3'], true],
  ['refs/tags/v1x2.3', ['v1.2.3'], false],
  ['refs/tags/xv1', ['v*'], false],
  ['refs/tags/v1/x', ['v*'], false],
  ['refs/tags/hello/v1', ['v*', 'hello/v*'], true],
  ['refs/tags/v', ['v*'], true],
  ['refs/tags/v..', ['v*'], false],
  ['refs/tags/v1 --x', ['v*'], false],
  ['refs/tags/--x', ['*'], false],
  ['refs/heads/main', ['v*'], false],
  ['refs/heads/main', ['*'], false],
])('%s with tags %j: %s', (ref, tags, expected) => {
  const reference = readReference(ref);
  expect(reference !== undefined && isWanted(reference, { branches, tags })).toBe(expected);
});

test('a pattern is a name, in which stars are no text that matters to a regular expression', () => {
  expect(['v*', '*', 'a/v*.x'].map(isTagPattern)).toEqual([true, true, true]);
  expect(['', '-*', 'v?', 'v[1]', 'v**/..', 'v(', 'v|x', 'v\\d'].map(isTagPattern)).toEqual(Array(8).fill(false));
  fc.assert(
    fc.property(fc.string(), fc.string(), (pattern, tag) => {
      fc.pre(isTagPattern(pattern));
      expect(() => isWanted({ branch: '', tag }, { branches, tags: [pattern] })).not.toThrow();
    }),
  );
});
