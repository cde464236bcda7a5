import { describe, expect, test } from '@jest/globals';
import { formatHost } from '../../src/core/ssh/hosts.ts';
import { hosts, settingsOf } from '../../src/deploy-ssh-systemd/hosts.ts';
import type { Settings } from '../../src/deploy-ssh-systemd/settings.ts';

const pin = `SHA256:${'A'.repeat(43)}`;
const full = `
- &web
  host: app1.example.com
  user: deploy
  port: 2222
  fingerprints: 256 ${pin} root@app1 (RSA)
  jump-hosts: [jump@outer, {host: inner, user: jump, port: 2200, fingerprints: ${pin}}]
  roles: [web, canary]
  labels: {zone: a, version: 1.20, spot: true}
  become: none
  service-directory: /srv/hello/
- <<: *web
  host: 2001:db8::1
  jump-hosts: []
- deploy@app3
`;

describe('hosts', () => {
  test('one a line: no roles, no labels, nothing of their own', () => {
    expect(hosts.parse('# web\na@x\n b@y:1')).toEqual([
      { user: 'a', host: 'x', port: 22, roles: [], labels: {} },
      { user: 'b', host: 'y', port: 1, roles: [], labels: {} },
    ]);
  });

  test('a YAML list: all keys, anchors, labels as they were written', () => {
    const [first, second, third] = hosts.parse(full);
    const own = { fingerprint: pin, kind: 'rsa' };
    expect(first).toEqual({
      user: 'deploy',
      host: 'app1.example.com',
      port: 2222,
      fingerprints: [own],
      jumpHosts: [
        { user: 'jump', host: 'outer', port: 22 },
        { user: 'jump', host: 'inner', port: 2200, fingerprints: [{ fingerprint: pin }] },
      ],
      roles: ['web', 'canary'],
      labels: { zone: 'a', version: '1.20', spot: 'true' },
      become: 'none',
      directory: '/srv/hello',
    });
    expect(second).toMatchObject({ host: '2001:db8::1', jumpHosts: [], roles: ['web', 'canary'] });
    expect(formatHost(second!)).toBe('deploy@[2001:db8::1]:2222');
    expect(third).toEqual({ user: 'deploy', host: 'app3', port: 22, roles: [], labels: {} });
  });

  test('as slipway.yml hands it over, in JSON', () => {
    const text = JSON.stringify([{ host: 'deploy@app1:2222', roles: 'web, db', labels: { rack: 7 } }, 'deploy@app2']);
    expect(hosts.parse(text).map(host => [formatHost(host), host.roles, host.labels])).toEqual([
      ['deploy@app1:2222', ['web', 'db'], { rack: '7' }],
      ['deploy@app2:22', [], {}],
    ]);
  });

  test.each([
    [
      'an unknown key',
      '- {host: a, user: b, role: [web]}',
      /hosts\[0\]: unknown key "role" \(did you mean "roles"\?\)/,
    ],
    [
      'one of a jump host',
      '- {host: a@b, jump-hosts: [{host: c@d, prot: 1}]}',
      /jump-hosts: unknown key "prot".*"port"/,
    ],
    ['no user', '- {host: a}', /hosts\[0\]: user is missing/],
    ['no host', '- a@b\n- {user: a}', /hosts\[1\]: host is missing/],
    ['two ports', '- {host: "a@b:1", port: 2}', /not user@host/],
    ['a port out of range', '- {host: a@b, port: 65536}', /not user@host/],
    ['an option as host', '- {host: "-oProxyCommand=x", user: a}', /not user@host/],
    ['a fingerprint that is none', '- {host: a@b, fingerprints: MD5:aa}', /fingerprints: "MD5:aa" is not a SHA256/],
    ['no fingerprint', '- {host: a@b, fingerprints: []}', /fingerprints is empty/],
    ['a wrong word', '- {host: a@b, become: sudo}', /become: "sudo" is not among them/],
    ['a folder of the system', '- {host: a@b, service-directory: /etc}', /service-directory: it cannot be used/],
    ['labels that are a list', '- {host: a@b, labels: [c]}', /it is not a map/],
    ['a map', '[{a: b}', /not valid YAML/],
    ['a list in a list', '- [a@b]', /it is not a map/],
    ['a host twice', '- a@b\n- {host: b, user: a, port: 22}', /a@b:22 is listed twice/],
    ['nothing', '# none', /it names no host/],
    ['an empty list', '[]', /it names no host/],
  ])('%s is an error that says where', (_name, text, said) => {
    expect(() => hosts.parse(text)).toThrow(said);
  });
});

test('what is written for one host outranks what is written for all', () => {
  const settings = { become: 'sudo-shell', directory: '/opt/slipway/hello', service: 'hello' } as Settings;
  const [own, plain] = hosts.parse(full) as [never, never];
  expect(settingsOf(own, settings)).toEqual({ ...settings, become: 'none', directory: '/srv/hello' });
  expect(settingsOf(hosts.parse('a@b')[0] ?? plain, settings)).toEqual(settings);
});
