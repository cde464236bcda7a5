import { expect, test } from '@jest/globals';
import { type Rules, renderRules } from '../../../src/deploy-ssh-systemd/firewall/rules.ts';

const rules: Rules = {
  service: 'hello',
  directory: '/opt/slipway/hello',
  openings: [
    { port: 443, protocol: 'tcp', from: [] },
    {
      port: 53,
      protocol: 'udp',
      from: [
        { family: 'ipv4', address: '10.0.0.0/8' },
        { family: 'ipv6', address: '2001:db8::/32' },
      ],
    },
  ],
  defaultDeny: false,
  sshPort: 2200,
};
const head = (tool: string) =>
  `# Written by Slipway; a change made here is overwritten by the next deployment.\n# X-Slipway=/opt/slipway/hello\n# By ${tool}\n`;

test('nft: a table of the service’s own, loaded in place of the one before', () => {
  expect(renderRules('nft', rules)).toBe(`${head('nft')}table inet slipway-hello
delete table inet slipway-hello
table inet slipway-hello {
	chain input {
		type filter hook input priority filter; policy accept;
		ct state established,related accept
		iifname "lo" accept
		tcp dport 443 accept
		ip saddr 10.0.0.0/8 udp dport 53 accept
		ip6 saddr 2001:db8::/32 udp dport 53 accept
		udp dport 53 counter drop
	}
}
`);
});

test('nft with default-deny: SSH at the port of the connection, ICMP and leases come in as well', () => {
  const lines = renderRules('nft', { ...rules, defaultDeny: true })
    .split('\n')
    .map(line => line.trim());
  expect(lines).toEqual(
    expect.arrayContaining([
      'type filter hook input priority filter; policy drop;',
      'ct state established,related accept',
      'iifname "lo" accept',
      'tcp dport 2200 accept',
      'meta l4proto { 1, 58 } accept',
    ]),
  );
  expect(lines.filter(line => line.endsWith(' drop'))).toEqual([]);
  expect(lines.slice(-4)).toEqual(['counter comment "denied"', '}', '}', '']);
});

test('ufw and firewalld: a rule a line, as they show it', () => {
  expect(renderRules('ufw', rules)).toBe(`${head('ufw')}allow 443/tcp
allow from 10.0.0.0/8 to any port 53 proto udp
allow from 2001:db8::/32 to any port 53 proto udp
`);
  expect(renderRules('firewalld', rules)).toBe(`${head('firewalld')}--add-port=443/tcp
--add-rich-rule=rule family="ipv4" source address="10.0.0.0/8" port port="53" protocol="udp" accept
--add-rich-rule=rule family="ipv6" source address="2001:db8::/32" port port="53" protocol="udp" accept
`);
});
