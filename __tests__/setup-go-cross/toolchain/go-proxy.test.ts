import { expect, test } from '@jest/globals';
import { parseGoProxy } from '../../../src/setup-go-cross/toolchain/go-proxy.ts';

const direct = { url: 'https://go.dev/dl/mod', origin: true };
const one = { url: 'https://one.example', origin: false };
const cases: { setting: string; expected: object[] }[] = [
  { setting: 'https://one.example', expected: [{ ...one, fallOn: 'missing' }] },
  {
    setting: 'https://one.example/,direct',
    expected: [
      { ...one, fallOn: 'missing' },
      { ...direct, fallOn: 'missing' },
    ],
  },
  {
    setting: 'https://one.example|direct',
    expected: [
      { ...one, fallOn: 'any' },
      { ...direct, fallOn: 'missing' },
    ],
  },
  { setting: ' https://one.example , off , https://never.example', expected: [{ ...one, fallOn: 'missing' }] },
  { setting: 'direct,https://never.example', expected: [{ ...direct, fallOn: 'missing' }] },
  { setting: 'one.example', expected: [{ ...one, fallOn: 'missing' }] },
  { setting: 'off', expected: [] },
  { setting: 'file:///srv/mod', expected: [{ url: 'file:///srv/mod', origin: false, fallOn: 'missing' }] },
];
test.each(cases)('GOPROXY=$setting', ({ setting, expected }) => {
  expect(parseGoProxy(setting)).toEqual(expected);
});

test.each(['ftp://one.example', 'https://'])('GOPROXY=%s is refused', setting => {
  expect(() => parseGoProxy(setting)).toThrow(expect.objectContaining({ code: 'GOPROXY_INVALID' }));
});
