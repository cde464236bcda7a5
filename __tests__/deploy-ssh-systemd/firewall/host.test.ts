import { describe, expect, test } from '@jest/globals';
import { type FirewallFacts, firewallWarnings } from '../../../src/deploy-ssh-systemd/firewall/host.ts';
import { firewallMustAgree } from '../../../src/deploy-ssh-systemd/firewall/must-agree.ts';
import { firewallObstacles } from '../../../src/deploy-ssh-systemd/firewall/obstacles.ts';
import { openingsOf } from '../../../src/deploy-ssh-systemd/firewall/openings.ts';
import { firewall } from '../../../src/deploy-ssh-systemd/firewall/values.ts';
import { roles } from '../../../src/deploy-ssh-systemd/role-settings.ts';
import type { Settings } from '../../../src/deploy-ssh-systemd/settings.ts';

const facts: FirewallFacts = { tool: 'nft', incoming: '', dropping: [], others: '', sshPort: 22 };
const wanted = (text: string, more: Partial<Settings> = {}) =>
  ({
    service: 'hello',
    directory: '/opt/slipway/hello',
    listen: { host: '127.0.0.1', port: 8080, stream: '8080' },
    ownServices: false,
    firewall: firewall.parse(text),
    ...more,
  }) as Settings;
const ofInput = (text: string) => ({ firewall: firewall.parse(text), listen: wanted(text).listen });
const tableOf = (service: string, policy: string, ...lines: string[]) =>
  `table inet slipway-${service} {\n\tchain input {\n\t\ttype filter hook input priority filter; policy ${policy};\n${lines.map(line => `\t\t${line}\n`).join('')}\t}\n}`;

test('the port of listen, where it is reached from outside, and the others', () => {
  const ports = (more: Partial<Settings>) => {
    const settings = wanted('{ports: {443: anywhere}}', more);
    return openingsOf(settings.firewall!, settings.listen).map(({ port }) => port);
  };
  expect(ports({})).toEqual([8080, 443]);
  expect(ports({ listen: { host: '127.0.0.1', port: 8080, stream: '127.0.0.1:8080', loopback: true } })).toEqual([443]);
  expect(ports({ listen: undefined })).toEqual([443]);
});

describe('what stands in the way', () => {
  test.each<[string, string, Partial<FirewallFacts>, string[]]>([
    ['nothing', '{default-deny: true}', {}, []],
    ['no program', '{}', { tool: undefined }, ['PROGRAMS_MISSING']],
    ['an sshd that cannot be told', '{default-deny: true}', { sshPort: 0 }, ['FIREWALL_REFUSED']],
    ['ufw that denies', '{default-deny: true}', { tool: 'ufw', incoming: 'deny' }, []],
    ['ufw that allows', '{default-deny: true}', { tool: 'ufw', incoming: 'allow' }, ['FIREWALL_OPEN']],
    ['ufw that allows, as it may', '{}', { tool: 'ufw', incoming: 'allow' }, []],
    ['firewalld that rejects', '{default-deny: true}', { tool: 'firewalld', incoming: 'default' }, []],
    ['firewalld that accepts', '{default-deny: true}', { tool: 'firewalld', incoming: 'ACCEPT' }, ['FIREWALL_OPEN']],
    [
      'a service that closes the port',
      '{}',
      { others: tableOf('a', 'drop', 'tcp dport 80 accept') },
      ['FIREWALL_CLOSED'],
    ],
    ['a service that lets it in', '{}', { others: tableOf('a', 'drop', 'tcp dport 8080 accept') }, []],
    ['a service that closes nothing', '{}', { others: tableOf('a', 'accept', 'tcp dport 80 accept') }, []],
    [
      'a service that would be closed',
      '{default-deny: true}',
      {
        others: `${tableOf('a', 'accept', 'ip saddr 10.0.0.0/8 tcp dport 80 accept')}\n${tableOf('b', 'accept', 'tcp dport 8080 accept')}`,
      },
      ['FIREWALL_CLOSED'],
    ],
  ])('%s', (_name, text, seen, codes) => {
    expect(firewallObstacles(ofInput(text), { ...facts, ...seen }).map(({ code }) => code)).toEqual(codes);
  });
});

test('what is said before: chains of others that drop, and listeners that nobody will reach', () => {
  const warned = (text: string, dropping: string[], listening: number[]) =>
    firewallWarnings({ ...wanted(text), filter: { ...facts, dropping } }, { listening, system: new Map() });
  expect(warned('{}', [], [22, 8080, 9100])).toEqual([]);
  expect(warned('{default-deny: true}', ['inet filter input'], [22, 9100, 8080, 80, 80])).toEqual([
    expect.stringContaining('inet filter input'),
    expect.stringMatching(/: 80, 9100$/),
  ]);
});

test('something must be opened, or closed', () => {
  const { listen } = wanted('{}');
  expect(() => firewallMustAgree({ firewall: firewall.parse('{}'), listen })).not.toThrow();
  expect(() =>
    firewallMustAgree({ firewall: firewall.parse('{default-deny: true}'), listen: undefined }),
  ).not.toThrow();
  const invalid = expect.objectContaining({ code: 'INPUT_INVALID' });
  expect(() => firewallMustAgree({ firewall: firewall.parse('{}'), listen: undefined })).toThrow(invalid);
  expect(() => firewallMustAgree({ firewall: firewall.parse('{}'), listen: { ...listen!, loopback: true } })).toThrow(
    invalid,
  );
});

test('hosts of a role may have none', () => {
  expect(roles.parse('worker: {firewall: none, backup: none}').get('worker')).toEqual({
    firewall: undefined,
    backup: undefined,
  });
});
