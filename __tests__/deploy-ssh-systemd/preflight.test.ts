import { describe, expect, test } from '@jest/globals';
import { Answer } from '../../src/core/host-agent/answer.ts';
import { type HostFacts, readFacts } from '../../src/deploy-ssh-systemd/facts.ts';
import { obstacles, refused } from '../../src/deploy-ssh-systemd/preflight.ts';
import { requirements, unmet } from '../../src/deploy-ssh-systemd/requirements.ts';
import type { Settings } from '../../src/deploy-ssh-systemd/settings.ts';

/** What a good host says. */
const said = {
  machine: 'x86_64',
  kernel: '5.10.0-30-amd64',
  cores: '2',
  memory: '1000000',
  uid: '0',
  systemd: 'systemd 252 (252.39-1)',
  space: '1000000',
  inodes: '5000',
  mount: '/srv rw,relatime',
  unit: 'LoadState=not-found\nActiveState=inactive',
};
const host = (changes: Record<string, string> = {}): HostFacts => {
  const answer = new Answer();
  for (const [name, value] of Object.entries({ ...said, ...changes })) answer.add(name, value);
  return readFacts(answer);
};
const settings = {
  service: 'hello',
  directory: '/srv/app/hello',
  runAs: 'dynamic',
  createUser: false,
  listen: { host: '127.0.0.1', port: 80 },
  requires: [],
} as unknown as Settings;
const codes = (facts: HostFacts, changes: Partial<Settings> = {}, needed = { space: 1e6, inodes: 3 }) =>
  obstacles(facts, { ...settings, ...changes }, needed).map(one => one.code);

describe('obstacles', () => {
  test('a good host has none', () => expect(codes(host())).toEqual([]));

  test.each<[string, Record<string, string>, Partial<Settings>, string]>([
    ['no systemd of the user’s own', { 'own-user': 'deploy' }, { listen: undefined }, 'HOST_REFUSED'],
    ['a port for root', { 'own-user': 'deploy', 'user-systemd': 'running', lingers: 'yes' }, {}, 'HOST_REFUSED'],
    ['no systemd', { systemd: '' }, {}, 'SYSTEMD_TOO_OLD'],
    ['an old systemd', { systemd: 'systemd 239' }, {}, 'SYSTEMD_TOO_OLD'],
    ['a program that is missing', { lacking: 'flock' }, {}, 'PROGRAMS_MISSING'],
    ['a masked unit', { unit: 'LoadState=masked' }, {}, 'UNIT_MASKED'],
    ['a unit of somebody else', { unit: 'FragmentPath=/etc/systemd/system/hello.service' }, {}, 'UNIT_FOREIGN'],
    ['a folder of somebody else', { directory: 'theirs' }, {}, 'DIRECTORY_FOREIGN'],
    ['less than twice the space', { space: '17500' }, {}, 'DISK_FULL'],
    ['no inodes', { inodes: '102' }, {}, 'INODES_USED_UP'],
    ['noexec', { mount: '/srv rw,nosuid,noexec' }, {}, 'DIRECTORY_UNUSABLE'],
    ['read-only', { mount: '/srv ro' }, {}, 'DIRECTORY_UNUSABLE'],
    ['a port in use', { 'holder-of-port': 'nginx, pid 7' }, {}, 'PORT_IN_USE'],
    ['no such user', {}, { runAs: 'app' }, 'USER_MISSING'],
    ['too little of something', {}, { requires: requirements.parse('cores >= 4') }, 'REQUIREMENT_UNMET'],
  ])('%s', (_name, changes, inputs, code) => expect(codes(host(changes), inputs)).toEqual([code]));

  test('a user that will be made, or is there', () => {
    expect(codes(host(), { runAs: 'app', createUser: true })).toEqual([]);
    expect(codes(host({ 'has-user': 'yes' }), { runAs: 'app' })).toEqual([]);
  });

  test('a file system that does not count inodes has enough', () => expect(codes(host({ inodes: '-' }))).toEqual([]));

  test('one error for all; its code is theirs when it is the same', () => {
    const one = obstacles(host({ mount: '/srv ro,noexec' }), settings, { space: 0, inodes: 0 });
    expect(refused('web1', one)).toMatchObject({ code: 'DIRECTORY_UNUSABLE', message: /web1 cannot .*noexec.*; .*ro/ });
    const two = obstacles(host({ mount: '/srv ro', inodes: '0' }), settings, { space: 0, inodes: 0 });
    expect(refused('web1', two).code).toBe('HOST_REFUSED');
    expect(refused('web1', two).hint).toMatch(/^Nothing was changed\. .*small files.*another file system/);
  });
});

describe('requirements', () => {
  test.each([
    'memory >= 512M',
    'memory>=900 MB',
    'disk >= 1GB',
    'cores >= 2',
    'kernel >= 5.10',
    'kernel >= 5.4.99',
    'kernel >= 4',
    'systemd >= 252',
    'inodes >= 5000',
  ])('%s holds', text => expect(unmet(requirements.parse(text), host())).toEqual([]));

  test.each([
    ['memory >= 2G', 'memory >= 2G is required, and it has 1.0 GB'],
    ['kernel >= 5.10.1', 'kernel >= 5.10.1 is required, and it has 5.10.0-30-amd64'],
    ['kernel >= 5.11', 'kernel >= 5.11 is required, and it has 5.10.0-30-amd64'],
    ['kernel >= 6', 'kernel >= 6 is required, and it has 5.10.0-30-amd64'],
    ['systemd >= 253', 'systemd >= 253 is required, and it has 252'],
  ])('%s does not', (text, words) => expect(unmet(requirements.parse(text), host())).toEqual([words]));

  test('what a host does not say is not there', () => {
    expect(unmet(requirements.parse('kernel >= 1'), host({ kernel: '' }))).toHaveLength(1);
  });

  test.each([
    'memory >= 512',
    'memory 512M',
    'memory > 1G',
    'gpu >= 1',
    'cores >= 1.5',
    'kernel >= x',
    'toString >= 1',
  ])('not %j', text => expect(() => requirements.parse(text)).toThrow());
});
