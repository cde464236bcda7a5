import { describe, expect, test } from '@jest/globals';
import { type Check, parseChecks } from '../../../src/core/health/index.ts';
import { checksFor } from '../../../src/deploy-ssh-systemd/blue-green/checks.ts';
import { coloursMustAgree } from '../../../src/deploy-ssh-systemd/blue-green/must-agree.ts';
import { portFiles, portsIn, withoutPort } from '../../../src/deploy-ssh-systemd/blue-green/port-files.ts';
import { nextColour, ports } from '../../../src/deploy-ssh-systemd/blue-green/ports.ts';
import { proxy } from '../../../src/deploy-ssh-systemd/proxy/proxy.ts';
import type { Settings } from '../../../src/deploy-ssh-systemd/settings.ts';
import { renderUnit } from '../../../src/deploy-ssh-systemd/unit-file.ts';
import { listen } from '../../../src/deploy-ssh-systemd/values.ts';
import { plainOptions } from '../unit-options.ts';

describe('ports', () => {
  test.each(['8081, 8082', '8081 8082', '8081\n8082'])('%j are two', text =>
    expect(ports.parse(text)).toEqual([8081, 8082]),
  );

  test.each<[string, RegExp]>([
    ['8081, 8081', /both are 8081/],
    ['8081', /it is not that/],
    ['8081, 8082, 8083', /it is not that/],
    ['80, 8082', /it is not that/],
    ['8081, 65536', /it is not that/],
    ['8081, :8082', /it is not that/],
  ])('%j is refused', (text, words) => expect(() => ports.parse(text)).toThrow(words));
});

test.each<[string, Partial<Settings>, RegExp]>([
  ['no ports', { ports: undefined }, /there are no "ports"/],
  ['no proxy', { proxy: undefined }, /there is no "proxy" on the host/],
  ['the site of a load balancer', { proxy: undefined, balancedSite: {} as never }, /"proxy" is the site of the hosts/],
  ['the socket', { restartMethod: 'socket' }, /both instances would take requests from that one socket/],
  ['listen', { listen: listen.parse('8080') }, /which has no listen/],
  ['a port of nginx', { proxy: proxy.parse('names: a\nhttp: 8082') }, /nginx cannot listen on port 8082/],
  [
    'another strategy',
    { pace: { strategy: 'rolling', batch: undefined, maxUnavailable: undefined } },
    /"ports" is for/,
  ],
])('refused: %s', (_, changes, words) => {
  const good = {
    pace: { strategy: 'blue-green' },
    ports: [8081, 8082],
    proxy: proxy.parse('names: a'),
    restartMethod: 'restart',
    way: 'restart',
    layout: 'systemd',
  } as unknown as Settings;
  expect(() => coloursMustAgree(good)).not.toThrow();
  expect(() => coloursMustAgree({ ...good, ...changes })).toThrow(words);
});

test('the colours take turns, and blue is the first', () => {
  expect((['', 'blue', 'green'] as const).map(nextColour)).toEqual(['blue', 'green', 'blue']);
});

test('each instance has its port in the environment, and a release says which they are', () => {
  const { same, differing } = withoutPort({ LISTEN: '127.0.0.1:{port}', NAME: 'a' }, [8081, 8082]);
  expect(same).toEqual({ NAME: 'a' });
  const files = portFiles([8081, 8082], differing);
  expect(files.map(({ path, content }) => [path, content])).toEqual([
    ['port-blue', 'LISTEN="127.0.0.1:8081"\nPORT="8081"\n'],
    ['port-green', 'LISTEN="127.0.0.1:8082"\nPORT="8082"\n'],
  ]);
  expect(portsIn(files)).toEqual([8081, 8082]);
  expect(withoutPort({ A: '{port}' }, undefined).same).toEqual({ A: '{port}' });
  expect(portsIn([])).toBeUndefined();
});

test('the unit passes the port on, and both instances have one user', () => {
  const unit = renderUnit({ ...plainOptions, args: ['-listen', ':{port}'], ports: [8081, 8082] });
  expect(unit).toContain('hello -listen ":${PORT}"\n');
  expect(unit).toMatch(/current\/environment\nEnvironmentFile=\/opt\/slipway\/hello\/current\/port-blue\n/);
  expect(unit).toContain('DynamicUser=yes\nUser=hello\n');
  expect(renderUnit(plainOptions)).not.toMatch(/port-blue|User=hello/);
});

describe('checksFor', () => {
  const checks = parseChecks('http://127.0.0.1:8081/readyz 200\nhttp://hello.example.org/ 200\ntcp localhost:8082');
  const asked = (all: readonly Check[]) =>
    all.map(one => (one.kind === 'http' ? one.url.href : 'port' in one ? one.port : ''));

  test('those of a port ask the instance that is tried; those through the proxy count afterwards', () => {
    const { before, after } = checksFor({ checks, ports: [8081, 8082] }, [8081, 8082], 'blue');
    expect(asked(before)).toEqual(['http://127.0.0.1:8082/readyz', 8082]);
    expect(asked(after)).toEqual([...asked(before), 'http://hello.example.org/']);
  });

  test('without one of a port, the instance must accept connections', () => {
    const { before } = checksFor({ checks: checks.slice(1, 2), ports: [8081, 8082] }, [8081, 8082], 'blue');
    expect(asked(before)).toEqual([8082]);
  });

  test('back to one unit, the ports are not asked; back to two instances, the unit is not', () => {
    expect(asked(checksFor({ checks, ports: [8081, 8082] }, undefined, 'blue').before)).toEqual([
      'http://hello.example.org/',
    ]);
    const unit = parseChecks('http://127.0.0.1:8080/readyz 200');
    expect(asked(checksFor({ checks: unit, ports: undefined }, [8081, 8082], '').after)).toEqual([8081]);
    expect(checksFor({ checks: unit, ports: undefined }, undefined, '').before).toEqual(unit);
  });
});
