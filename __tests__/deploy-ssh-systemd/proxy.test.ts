import { describe, expect, test } from '@jest/globals';
import { parseHosts } from '../../src/core/ssh/hosts.ts';
import { settingsOf } from '../../src/deploy-ssh-systemd/host-settings.ts';
import type { Host } from '../../src/deploy-ssh-systemd/hosts.ts';
import { balancedSite, behind } from '../../src/deploy-ssh-systemd/proxy/balanced-site.ts';
import { inWords } from '../../src/deploy-ssh-systemd/proxy/look-in-front.ts';
import { proxyMustAgree } from '../../src/deploy-ssh-systemd/proxy/must-agree.ts';
import { proxy } from '../../src/deploy-ssh-systemd/proxy/proxy.ts';
import { renderSite } from '../../src/deploy-ssh-systemd/proxy/render-site.ts';
import { leadsTo } from '../../src/deploy-ssh-systemd/proxy/sites-in-front.ts';
import { roles } from '../../src/deploy-ssh-systemd/role-settings.ts';
import type { Settings } from '../../src/deploy-ssh-systemd/settings.ts';
import { listen } from '../../src/deploy-ssh-systemd/values.ts';

const pair = '{certificate: /etc/ssl/a.pem, key: /etc/ssl/a.key}';

describe('proxy', () => {
  test.each<[string, readonly string[]]>([
    ['hello.example.org', ['hello.example.org']],
    ['[A.Example.org, a.example.org, "*.example.org"]', ['a.example.org', '*.example.org']],
    ['a.example.org, b.example.org', ['a.example.org', 'b.example.org']],
    ['localhost', ['localhost']],
  ])('names: %s', (names, expected) => {
    expect(proxy.parse(`names: ${names}`).names).toEqual(expected);
  });

  test.each<[string, RegExp]>([
    ['names: hello_1.example.org', /"hello_1.example.org" is no host name/],
    ['names: -a.example.org', /is no host name/],
    ['names: https://a.example.org', /is no host name/],
    ['names: a.example.org;return', /is no host name/],
    ['names: ["a b"]', /is no host name/],
    ['names: 192.0.2.1', /is no host name/],
    ['names: a..b', /is no host name/],
    [`names: ${'a'.repeat(64)}.org`, /is no host name/],
    ['names: bücher.example', /is no host name; in ASCII it is xn--bcher-kva.example/],
    ['names: [a.example.org]\nprot: 80', /prot/],
    ['{}', /names/],
    ['names: []', /no host name is given/],
    ['names: a\nport: 70000', /port: is not a port/],
    ['names: a\nport: 80\nsocket: /run/a.sock', /port and socket are both given/],
    ['names: a\nsocket: /run/a b', /socket: is not an absolute path/],
    ['names: a\ngrpc: true', /grpc needs tls/],
    ['names: a\ntls: {certificate: /etc/a.pem}', /either certificate and key, or certbot/],
    ['names: "*.a"\ntls: {certbot: {}}', /for a wildcard/],
    ['names: a\ntls: {certbot: {server: http://ca.example}}', /tls.certbot.server: is no https URL/],
    [`names: a\ntls: ${pair}\nhttps: 80`, /http and https are both 80/],
    ['names: a\ntimeout: 60', /60/],
  ])('%s is refused', (text, words) => {
    expect(() => proxy.parse(text)).toThrow(words);
  });
});

test('the site: plain, and with all there is', () => {
  const around = { service: 'my-app', ipv6: false };
  expect(renderSite(proxy.parse('names: a.example.org'), { ...around, servers: ['127.0.0.1:8080'] })).toMatchSnapshot();
  const all = `names: [a.example.org, b.example.org]\ntls: ${pair}\nhttps: 8443\ngrpc: 9090\ntimeout: 5m\nmax-body: 10MiB`;
  expect(
    renderSite(proxy.parse(all), { service: 'my-app', ipv6: true, servers: ['192.0.2.1:80', '[2001:db8::1]:80'] }),
  ).toMatchSnapshot();
});

test.each<[string, string | undefined, RegExp]>([
  ['names: a', undefined, /neither port nor socket/],
  ['names: a', '80', /cannot listen on port 80 and reach the service there/],
  [`names: a\ntls: ${pair}`, '443', /port 443/],
])('%s with listen %s do not go together', (text, port, words) => {
  const settings = {
    proxy: proxy.parse(text),
    listen: port === undefined ? undefined : listen.parse(port),
    ports: undefined,
  };
  expect(() => proxyMustAgree(settings)).toThrow(words);
});

describe('balancedSite', () => {
  const hosts = (text: string, roles: string[] = []): Host[] =>
    parseHosts(text).map(one => ({ ...one, roles, labels: {} }));
  const all = [...hosts('a@app1\na@[2001:db8::1]:22'), ...hosts('a@front', ['lb'])];
  const site = proxy.parse('names: a.example.org');

  test('is in front of all others; without the role lb there is none', () => {
    const found = balancedSite(all, site, listen.parse('8080'), undefined);
    expect(found).toMatchObject({ port: 8080, servers: ['app1:8080', '[2001:db8::1]:8080'] });
    expect(found?.on.map(({ host }) => host)).toEqual(['front']);
    expect(balancedSite(all.slice(0, 2), site, listen.parse('8080'), undefined)).toBeUndefined();
    expect(balancedSite(all, undefined, listen.parse('8080'), undefined)).toBeUndefined();
  });

  test('a host of a role without it is not behind it', () => {
    const [worker] = hosts('a@worker', ['jobs']) as [Host];
    const without = roles.parse('jobs: {proxy: none}');
    const isWithout = (host: Host) => host.roles.some(role => without.has(role));
    const found = balancedSite([...all, worker], site, listen.parse('8080'), undefined, isWithout)!;
    expect(behind(found, [...all, worker]).map(({ host }) => host)).toEqual(['app1', '2001:db8::1']);
    const settings = { roles: without, proxy: site, checks: [] } as unknown as Settings;
    expect(settingsOf(worker, settings).proxy).toBeUndefined();
    expect(settingsOf(all[0]!, settings).proxy).toBe(site);
  });

  test.each<[string, string | undefined, RegExp]>([
    ['names: a', undefined, /by a port, and none is given/],
    ['names: a', '127.0.0.1:8080', /loopback/],
    ['names: a\nsocket: /run/a.sock', '8080', /by a port/],
  ])('%s with listen %s is refused', (text, port, words) => {
    expect(() =>
      balancedSite(all, proxy.parse(text), port === undefined ? undefined : listen.parse(port), undefined),
    ).toThrow(words);
  });
});

test('a load balancer in words: each server once, and which are out', () =>
  expect(
    inWords(
      'upstream slipway_hello {\n    server 192.0.2.1:8080 down;\n    server 192.0.2.2:8080;\n    server [2001:db8::1]:8080;\n}\nserver {\n    server_name a.example.org;\n    server_tokens off;\n}\n',
    ),
  ).toBe('in front of 192.0.2.1:8080 (out), 192.0.2.2:8080, [2001:db8::1]:8080'));

test('a site leads to the servers that it names, also to those that are out, and to no port that only begins alike', () => {
  const site = 'upstream a {\n    server 10.0.0.1:8080;\n    server 10.0.0.2:8080 down; # taken out by Slipway\n}\n';
  expect(['10.0.0.1:8080', '10.0.0.2:8080'].every(server => leadsTo(site, server))).toBe(true);
  expect(['10.0.0.1:80', '0.0.0.1:8080', '10.0.0.3:8080'].some(server => leadsTo(site, server))).toBe(false);
});
