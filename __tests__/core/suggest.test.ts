import { expect, test } from '@jest/globals';
import { didYouMean, suggest } from '../../src/core/suggest.ts';

const known = ['targets', 'tags', 'go-version', 'goproxy'];

test.each([
  ['target', 'targets'],
  ['Tags', 'tags'],
  ['go-verison', 'go-version'],
  ['goversion', 'go-version'],
  ['zzzzzz', undefined],
])('"%s" may mean %s', (given, expected) => expect(suggest(given, known)).toBe(expected));

test('with nothing known nothing is suggested', () => expect(suggest('x', [])).toBeUndefined());

test('is made to be appended to a message', () => {
  expect(didYouMean('target', known)).toBe(' (did you mean "targets"?)');
  expect(didYouMean('zzzzzz', known)).toBe('');
});
