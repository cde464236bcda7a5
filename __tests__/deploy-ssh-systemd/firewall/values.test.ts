import { describe, expect, test } from '@jest/globals';
import { firewall } from '../../../src/deploy-ssh-systemd/firewall/values.ts';

describe('the input firewall', () => {
  test('sources, ports and default-deny', () => {
    expect(
      firewall.parse('{from: 10.0.0.0/8, ports: {443: anywhere, 53/udp: [192.0.2.7/32, "2001:DB8:0:0::/32"]}}'),
    ).toEqual({
      from: [{ family: 'ipv4', address: '10.0.0.0/8' }],
      ports: [
        { port: 443, protocol: 'tcp', from: [] },
        {
          port: 53,
          protocol: 'udp',
          from: [
            { family: 'ipv4', address: '192.0.2.7' },
            { family: 'ipv6', address: '2001:db8::/32' },
          ],
        },
      ],
      defaultDeny: false,
    });
    expect(firewall.parse('default-deny: true')).toEqual({ from: [], ports: [], defaultDeny: true });
  });

  test.each([
    ['port: 80'],
    ['from: example.com'],
    ['from: 10.0.0.0/33'],
    ['from: 10.0.0.0/0'],
    ['from: 10.0.0.1/8'],
    ['from: fe80::1%eth0'],
    ['from: 2001:db8::1/64'],
    ['from: []'],
    ['from: [anywhere, 10.0.0.0/8]'],
    ['from: "10.0.0.0/8 accept"'],
    ['ports: {0: anywhere}'],
    ['ports: {65536: anywhere}'],
    ['ports: {80/sctp: anywhere}'],
    ['ports: [80]'],
    ['default-deny: sometimes'],
    ['true'],
  ])('refuses %s', text =>
    expect(() => firewall.parse(text)).toThrow(expect.objectContaining({ code: 'FIREWALL_INVALID' })),
  );
});
