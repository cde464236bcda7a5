import { expect, test } from '@jest/globals';
import { chooseChallenge, parseChallenges } from '../../../src/core/registry/challenge.ts';

test.each([
  ['Basic realm="x"', [{ scheme: 'basic', parameters: { realm: 'x' } }]],
  [
    'Bearer realm="https://auth.example.com/token",service="registry",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: {
          realm: 'https://auth.example.com/token',
          service: 'registry',
          scope: 'repository:a/b:pull,push',
        },
      },
    ],
  ],
  [
    'Bearer realm = "a\\"b" , error=invalid_token',
    [{ scheme: 'bearer', parameters: { realm: 'a"b', error: 'invalid_token' } }],
  ],
  [
    'Basic realm="x", Bearer realm="y",service="z"',
    [
      { scheme: 'basic', parameters: { realm: 'x' } },
      { scheme: 'bearer', parameters: { realm: 'y', service: 'z' } },
    ],
  ],
  ['', []],
])('%s', (header, expected) => {
  expect(parseChallenges(header)).toEqual(expected);
});

test('Bearer is taken before Basic, and what cannot be answered is left', () => {
  expect(chooseChallenge('Basic realm="x", Bearer realm="y"')?.scheme).toBe('bearer');
  expect(chooseChallenge('Negotiate, Basic realm="x"')?.scheme).toBe('basic');
  expect(chooseChallenge('Bearer service="no realm"')).toBeUndefined();
  expect(chooseChallenge(undefined)).toBeUndefined();
});
