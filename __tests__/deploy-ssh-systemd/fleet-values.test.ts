import { describe, expect, test } from '@jest/globals';
import type { HostFacts } from '../../src/deploy-ssh-systemd/facts.ts';
import { chosen } from '../../src/deploy-ssh-systemd/goal-there.ts';
import { parseHistory } from '../../src/deploy-ssh-systemd/history.ts';
import { hooks } from '../../src/deploy-ssh-systemd/hook-values.ts';
import { loadBalancer } from '../../src/deploy-ssh-systemd/load-balancer.ts';

describe('hooks', () => {
  test.each([
    ['{}', []],
    ['before-deploy: ./migrate up', [['before-deploy', './migrate up', 'first', 300_000]]],
    ['after-switch: {run: a, timeout: 90s}', [['after-switch', 'a', 'each', 90_000]]],
    [
      'after-deploy: [a, {run: b, on: runner}]\non-rollback: |\n  c\n  d',
      [
        ['on-rollback', 'c\nd', 'each', 300_000],
        ['after-deploy', 'a', 'first', 300_000],
        ['after-deploy', 'b', 'runner', 300_000],
      ],
    ],
  ])('%j', (text, expected) => {
    expect(hooks.parse(text).map(({ name, run, on, timeout }) => [name, run, on, timeout])).toEqual(expected);
  });

  test.each([
    'before: a',
    'before-deploy: ""',
    'before-deploy: {on: each}',
    'after-switch: {run: a, on: all}',
    'after-switch: {run: a, on: runner role=a}',
    '- a',
  ])('not %j', text => expect(() => hooks.parse(text)).toThrow(expect.objectContaining({ code: 'HOOKS_INVALID' })));

  test.each([
    ['first', 'first', undefined],
    ['role=db', 'each', { by: 'role', value: 'db' }],
    ['each region=eu', 'each', { by: 'region', value: 'eu' }],
    ['first role=db', 'first', { by: 'role', value: 'db' }],
  ])('on: %s', (text, on, where) => {
    const [hook] = hooks.parse(`before-deploy: {run: a, on: ${text}}`);
    expect([hook!.on, hook!.where]).toEqual([on, where]);
  });

  test('a time without its unit is refused', () => {
    expect(() => hooks.parse('after-switch: {run: a, timeout: "90"}')).toThrow();
  });
});

describe('load-balancer', () => {
  const hosts = [{ user: 'lb', host: '192.0.2.1', port: 22 }];
  test.each([
    [
      '{nginx: /etc/nginx/conf.d/a.conf, hosts: lb@192.0.2.1, server: "{host}:8080"}',
      { kind: 'nginx', hosts, path: '/etc/nginx/conf.d/a.conf', server: '{host}:8080', unit: 'nginx', wait: 30_000 },
    ],
    [
      '{haproxy: /run/haproxy/admin.sock, hosts: [lb@192.0.2.1], server: "app/{host}", wait: 5s}',
      { kind: 'haproxy', hosts, socket: '/run/haproxy/admin.sock', server: 'app/{host}', wait: 5000 },
    ],
    ['{drain: out, restore: in}', { kind: 'command', drain: 'out', restore: 'in', on: 'runner', wait: 30_000 }],
  ])('%s', (text, expected) => expect(loadBalancer.parse(text)).toEqual(expected));

  test.each([
    '{}',
    '{nginx: a.conf, hosts: lb@h, server: "a:1"}',
    '{nginx: /etc/../a.conf, hosts: lb@h, server: "a:1"}',
    '{nginx: /etc/a.conf, hosts: lb@h, server: "a; include /etc/passwd"}',
    '{nginx: /etc/a.conf, hosts: h, server: "a:1"}',
    '{haproxy: /run/a, hosts: lb@h, server: "app"}',
    '{haproxy: /run/a, hosts: lb@h, server: "app/x; disable frontend y"}',
    '{haproxy: "h:1\\nset", hosts: lb@h, server: "app/x"}',
    '{drain: out}',
  ])('not %s', text => expect(() => loadBalancer.parse(text)).toThrow());
});

describe('the release that "to" means', () => {
  const [one, two, other] = ['v1-aaaaaaaaaaaa', 'v1-bbbbbbbbbbbb', 'v2-cccccccccccc'];
  const facts = (...served: string[]) =>
    ({
      current: other,
      releases: [one, two, other],
      history: parseHistory(served.map((id, at) => `${at} t${at} confirmed deploy ${id} - bWU=`).join('\n')),
    }) as unknown as HostFacts;
  test.each([
    [one, [], one],
    ['v2', [], other],
    ['v1', [one!, two!, other!], two],
    ['v1', [two!, one!, other!], one],
  ])('%s, of %j that were served, is %s', (to, served, expected) => {
    expect(chosen('web1', facts(...served), to!)).toBe(expected);
  });

  test.each(['v1', 'v3', 'v', ''])('not %j, and those that there are are named', to => {
    const there = expect.stringContaining(`there are: ${one}, ${two}, ${other} (serves now)`);
    expect(() => chosen('web1', facts(), to)).toThrow(
      expect.objectContaining({ code: 'RELEASE_MISSING', message: there }),
    );
  });
});
