import { describe, expect, test } from '@jest/globals';
import { formatHost } from '../../src/core/ssh/hosts.ts';
import { settingsOf } from '../../src/deploy-ssh-systemd/host-settings.ts';
import { aboutEach, type Host, hosts, variablesOf } from '../../src/deploy-ssh-systemd/hosts.ts';
import { inventory } from '../../src/deploy-ssh-systemd/inventory.ts';
import { loadBalancer } from '../../src/deploy-ssh-systemd/load-balancer.ts';
import { roles } from '../../src/deploy-ssh-systemd/role-settings.ts';
import { chosenBy, limit } from '../../src/deploy-ssh-systemd/selector.ts';
import type { Settings } from '../../src/deploy-ssh-systemd/settings.ts';
import { listen } from '../../src/deploy-ssh-systemd/values.ts';

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

test('what is written for one host outranks its roles, and these what is written for all', () => {
  const text = `web: {listen: none, environment: {B: "2", C: "3"}, become: none, memory-max: 1GiB, args: [a, "1"]}
canary: {environment: "C=4", load-balancer: none, health-checks: ["tcp 127.0.0.1:1", "tcp 127.0.0.1:2"]}`;
  const settings = {
    become: 'sudo-shell',
    directory: '/opt/slipway/hello',
    service: 'hello',
    args: [],
    environment: { A: '1', B: '1' },
    unit: { restart: 'no', memoryMax: undefined },
    listen: listen.parse('8080'),
    checks: [],
    loadBalancer: {},
    roles: roles.parse(text),
  } as unknown as Settings;
  const [own, , plain] = hosts.parse(full) as [Host, Host, Host];
  const { checks, ...others } = settingsOf({ ...own, become: 'agent' }, settings);
  expect(others).toMatchObject({
    become: 'agent',
    directory: '/srv/hello',
    args: ['a', '1'],
    environment: { A: '1', B: '2', C: '4' },
    unit: { restart: 'no', memoryMax: 1024 ** 3 },
    listen: undefined,
    loadBalancer: undefined,
  });
  expect(checks).toHaveLength(2);
  expect(settingsOf(plain, settings)).toEqual({ ...settings, checks: [expect.objectContaining({ kind: 'tcp' })] });
});

test.each([
  ['web: {lisen: 80}', 'web: unknown key "lisen" (did you mean "listen"?)'],
  ['web: {listen: nowhere}', 'web: listen: '],
  ['web: [a]', 'web: it is not a map'],
  ['[web]', 'it is not a map'],
  ['web: {load-balancer: all}', 'web: load-balancer: '],
])('roles: not %s', (text, said) => expect(() => roles.parse(text)).toThrow(said));

describe('selectors', () => {
  const all = hosts.parse(`
- {host: web1, user: a, roles: web, labels: {region: eu}}
- {host: web2, user: a, roles: [web, api], labels: {region: us}}
- {host: work1, user: a, roles: worker, labels: {region: eu}}
- a@bare
- {host: front, user: a, roles: lb}`);
  const names = (text: string) => chosenBy(limit.parse(text), all, 'limit').map(({ host }) => host);

  test.each([
    ['role=web', ['web1', 'web2']],
    ['role=web,region=eu', ['web1']],
    ['role=api\nrole=worker', ['web2', 'work1']],
    ['region=eu', ['web1', 'work1']],
    ['web2, a@bare:22', ['web2', 'bare']],
    ['', ['web1', 'web2', 'work1', 'bare', 'front']],
  ])('%j', (text, expected) => expect(names(text)).toEqual(expected));

  test.each([
    ['role=wbe', 'limit: no host has the role "wbe" (did you mean "web"?)', 'There are: web, api, worker, lb.'],
    ['regoin=eu', 'limit: no host has the label "regoin" (did you mean "region"?)', 'There are: role, region.'],
    ['region=ue', 'limit: no host has region=ue (did you mean "eu"?)', 'There are: eu, us.'],
    ['wbe1', 'limit: no host has wbe1 (did you mean "web1"?)', 'There are: web1, '],
    ['constructor=x', 'limit: no host has the label "constructor"', 'There are: role, region.'],
    ['role=api, region=eu', 'limit: no host is role=api and region=eu', 'Nothing was changed'],
  ])('not %j', (text, said, hint) =>
    expect(() => names(text)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(said), hint: expect.stringContaining(hint) }),
    ),
  );

  test.each(['role=', '=eu', 'a b', 'role=a b'])('no selector: %j', text => expect(() => limit.parse(text)).toThrow());

  test('what a script is told of a host, and the summary', () => {
    const [, host] = hosts.parse('[a@b, {host: c, user: a, roles: web, labels: {region: eu, "cost center": 7}}]');
    expect(variablesOf(host!)).toEqual({
      SLIPWAY_HOST: 'c',
      SLIPWAY_ROLES: 'web',
      SLIPWAY_LABEL_REGION: 'eu',
      SLIPWAY_LABEL_COST_CENTER: '7',
    });
    expect([...aboutEach(all)][1]).toEqual(['a@web2:22', 'web, api, region=us']);
    expect([...aboutEach(all)].map(([place]) => place)).not.toContain('a@bare:22');
  });
});

describe('load balancers among the hosts', () => {
  const nginx = loadBalancer.parse('{nginx: /etc/nginx/a.conf, server: "{host}:80"}');
  const named = loadBalancer.parse('{nginx: /etc/nginx/a.conf, server: "{host}:80", hosts: a@lb}');
  const web = '{host: web1, user: a, roles: web}';
  const front = '{host: front, user: a, roles: lb}';
  const read = (text: string, balancer: typeof nginx | undefined, mode: 'deploy' | 'status' = 'deploy') =>
    inventory(hosts.parse(text), [], balancer, mode);

  test('are those with the role lb, and not deployed to', () => {
    const found = read(`[${front}, ${web}]`, nginx);
    expect(found.hosts.map(({ host }) => host)).toEqual(['web1']);
    expect(found.loadBalancer).toMatchObject({ hosts: [{ host: 'front' }] });
    expect(read(`[${web}]`, named).loadBalancer).toMatchObject({ hosts: [{ host: 'lb' }] });
    expect(read(`[${front}, ${web}]`, undefined, 'status').hosts).toHaveLength(1);
  });

  test.each([
    [`[${front}, ${web}]`, undefined, '"load-balancer" is missing, and a@front:22 has the role lb'],
    [`[${front}, ${web}]`, named, 'the load balancers are named twice'],
    [`[${web}]`, nginx, 'input "load-balancer" has no hosts'],
    [`[${front}]`, nginx, 'has load balancers only'],
    ['[{host: x, user: a, roles: [web, lb]}]', nginx, 'a@x:22 has the role lb and others'],
  ])('not %s', (text, balancer, said) => expect(() => read(text, balancer)).toThrow(said));
});
