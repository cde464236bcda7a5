import { expect, test } from '@jest/globals';
import { didYouMean, suggest, suggestions } from '../../src/core/suggest.ts';

const known = ['targets', 'tags', 'go-version', 'goproxy'];

test.each([
  ['target', 'targets'],
  ['Tags', 'tags'],
  ['go-verison', 'go-version'],
  ['goversion', 'go-version'],
  ['tgas', 'tags'],
  ['zzzzzz', undefined],
])('"%s" may mean %s', (given, expected) => expect(suggest(given, known)).toBe(expected));

test('with nothing known nothing is suggested', () => expect(suggest('x', [])).toBeUndefined());

test('is made to be appended to a message', () => {
  expect(didYouMean('target', known)).toBe(' (did you mean "targets"?)');
  expect(didYouMean('zzzzzz', known)).toBe('');
});

test.each([
  ['linux/amr64', ['linux/amd64', 'linux/arm64']],
  ['linux/amd46', ['linux/amd64']],
  ['linux/amd64', ['linux/amd64']],
  ['plan9', []],
])('the nearest of "%s" are %j, swapped letters being one slip', (given, expected) => {
  expect(suggestions(given, ['linux/amd64', 'linux/arm64', 'windows/amd64', 'linux/s390x'])).toEqual(expected);
});

test('at most three are named', () => {
  expect(suggestions('ab1', ['ab2', 'ab3', 'ab4', 'ab5'])).toEqual(['ab2', 'ab3', 'ab4']);
});
