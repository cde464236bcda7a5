import { expect, test } from '@jest/globals';

const { labPrefix } = await import(new URL('../../scripts/lab/addresses.mjs', import.meta.url).href);

const at = (...addresses: string[]) => addresses.map(address => ({ family: 'IPv4', address }));

test.each([
  ['a machine elsewhere', { eth0: at('10.0.0.5') }, '192.0.2'],
  ['a machine that lives in the first range', { eth0: at('192.0.2.2') }, '198.51.100'],
  ['a machine in two of them', { eth0: at('192.0.2.2'), tun0: at('198.51.100.7') }, '203.0.113'],
  ['a bridge that is up decides', { slipway0: at('198.51.100.1'), eth0: at('10.0.0.5') }, '198.51.100'],
])('%s', (_name, interfaces, expected) => {
  expect(labPrefix(interfaces)).toBe(expected);
});

test('no range is free', () => {
  expect(() => labPrefix({ eth0: at('192.0.2.2', '198.51.100.2', '203.0.113.2') })).toThrow(/no free network/);
});
