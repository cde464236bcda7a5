import { describe, expect, test } from '@jest/globals';
import { isPrivateAddress, resolveHost } from '../../../src/core/health/addresses.ts';

describe('isPrivateAddress', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:a00:1',
    '64:ff9b::10.0.0.1',
    '2002:a00:1::',
    '0:0:0:0:0:0:0:1',
  ])('%s is', address => {
    expect(isPrivateAddress({ address, family: address.includes(':') ? 6 : 4 })).toBe(true);
  });

  test.each([
    '8.8.8.8',
    '172.32.0.1',
    '172.15.0.1',
    '100.128.0.1',
    '2606:4700::1',
    '::ffff:8.8.8.8',
    '64:ff9b::8.8.8.8',
    '2002:808:808::',
  ])('%s is not', address => {
    expect(isPrivateAddress({ address, family: address.includes(':') ? 6 : 4 })).toBe(false);
  });
});

describe('resolveHost', () => {
  test('an address is itself', async () => {
    expect(await resolveHost('192.0.2.7')).toEqual([{ address: '192.0.2.7', family: 4 }]);
    expect(await resolveHost('::1')).toEqual([{ address: '::1', family: 6 }]);
  });

  test('localhost is both loopback addresses', async () => {
    expect((await resolveHost('localhost')).map(one => one.address)).toEqual(['127.0.0.1', '::1']);
    expect((await resolveHost('a.LOCALHOST')).map(one => one.family)).toEqual([4, 6]);
  });

  test('a name that does not exist', async () => {
    await expect(resolveHost('no-such-name.invalid')).rejects.toMatchObject({ reason: 'dns' });
  });
});
