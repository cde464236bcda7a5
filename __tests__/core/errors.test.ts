import { expect, describe as group, test } from '@jest/globals';
import { describe, messageOf, SlipwayError, wrap } from '../../src/core/errors.ts';

group('describe', () => {
  test.each([
    ['message and code', new SlipwayError('A', 'it failed'), 'it failed [A]'],
    [
      'the hint on the second line',
      new SlipwayError('A', 'it failed', { hint: 'Do this.' }),
      'it failed [A]\nDo this.',
    ],
    [
      'a long message after the hint',
      new SlipwayError('A', 'git failed: one\ntwo\nthree', { hint: 'Do this.' }),
      'git failed: one [A]\nDo this.\ntwo\nthree',
    ],
    ['any other error', new TypeError('x is undefined'), 'x is undefined'],
    ['what is no error', 'words', 'words'],
  ])('%s', (_, error, expected) => expect(describe(error)).toBe(expected));
});

group('messageOf', () => {
  test.each([
    ['a message', new Error('no'), 'no'],
    ['only a code', Object.assign(new Error(''), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [
      'the cause of a network error',
      new TypeError('fetch failed', { cause: new Error('no route') }),
      'fetch failed (no route)',
    ],
    ['a cause that is said already', new Error('a: no route', { cause: new Error('no route') }), 'a: no route'],
    ['all addresses that were tried', new AggregateError([new Error('v6'), new Error('v4')], ''), 'v6; v4'],
  ])('%s', (_, error, expected) => expect(messageOf(error)).toBe(expected));
});

group('wrap', () => {
  test('says what was being done, and keeps code and hint of what was thrown', () => {
    const inner = new SlipwayError('REFUSED', 'refused', { hint: 'Open it.' });
    expect(wrap('OTHER', 'knocking', inner)).toMatchObject({
      code: 'REFUSED',
      message: 'knocking: refused',
      hint: 'Open it.',
      cause: inner,
    });
  });

  test('gives a code to what has none', () => {
    expect(wrap('KNOCK_FAILED', 'knocking', new Error('no'), 'Try again.')).toMatchObject({
      code: 'KNOCK_FAILED',
      hint: 'Try again.',
    });
  });
});
