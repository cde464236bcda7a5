import { describe, expect, test } from '@jest/globals';
import type { HostCheckup } from '../../../src/core/checkup.ts';
import { examine } from '../../../src/release/doctor/registry.ts';
import { statesOf } from './from-sources.ts';

const silent: HostCheckup = {
  kind: 'host',
  place: 'deploy@web1:22',
  user: 'deploy',
  way: 'agent',
  layout: 'systemd',
  serves: 'v2',
  previous: 'v1',
  releases: 2,
  variables: ['GOMEMLIMIT', 'GOMAXPROCS'],
  ports: [8080],
  said: {},
};
const seen = (said: Record<string, string>, more: Partial<HostCheckup> = {}) =>
  statesOf(examine('host', { ...silent, ...more, said }), 'host');

// What real hosts say is in integration/deploy-ssh-systemd-doctor.test.ts.
describe('the doctor on what a host says', () => {
  test('a host whose programs say nothing is not well: unknown, or nothing to look at', () => {
    expect(seen({})).toEqual({
      'ssh-root': 'unknown: sshd -T says nothing',
      'ssh-password': 'unknown: sshd -T says nothing',
      'agent-confined': 'pass: agent',
      listeners: 'unknown: ss -ltn says nothing',
      firewall: 'fail: neither nft, ufw, firewalld nor iptables is there',
      exposure: 'unknown: systemd-analyze security says nothing',
      'unit-limits': 'unknown: systemctl show says nothing',
      'stop-time': 'unknown: systemctl show says nothing',
      'previous-kept': 'pass: v1',
      'log-rotation': 'unknown: /var/log cannot be read',
    });
  });

  test.each([
    ['ufw deny', 'pass: ufw deny'],
    ['ufw allow', 'fail: ufw lets in what no rule names (allow)'],
    ['firewalld default', 'pass: firewalld default'],
    ['firewalld ACCEPT', 'fail: firewalld lets in what no rule names (ACCEPT)'],
    ['iptables drop', 'pass: iptables drop'],
    ['iptables ', 'unknown: iptables does not say what it does by default'],
  ])('a firewall that says %j', (wall, expected) => {
    expect(seen({ wall })['firewall']).toBe(expected);
  });

  test.each([
    ['0.0.0.0:22 sshd\n*:8080 hello\n127.0.0.1:9000 x\n[::1]:25 y\n127.0.0.53%lo:53 z', 'pass: 5 listeners'],
    ['0.0.0.0:2222 sshd', 'fail: 0.0.0.0:2222 (sshd)'],
    ['[::ffff:127.0.0.1]:1 x\n192.0.2.1:53 dns', 'fail: 192.0.2.1:53 (dns)'],
    ['garbage', 'fail: garbage (-)'],
  ])('listeners %j', (listeners, expected) => {
    expect(seen({ listeners, sshd: 'port 22' })['listeners']).toBe(expected);
  });

  test.each([
    ['1.4', 'pass: 1.4'],
    ['9.2', 'fail: 9.2'],
    ['n/a', 'unknown: systemd-analyze security says n/a'],
  ])('an exposure of %s', (exposure, expected) => {
    expect(seen({ exposure })['exposure']).toBe(expected);
  });

  test.each([
    ['MemoryMax=67108864\nCPUQuotaPerSecUSec=500ms', 'pass: '],
    ['MemoryMax=infinity\nCPUQuotaPerSecUSec=500ms', 'fail: no MemoryMax'],
    ['MemoryMax=67108864', 'fail: no CPUQuotaPerSecUSec'],
  ])('limits %j', (limits, expected) => {
    expect(seen({ limits })['unit-limits']).toBe(expected);
  });

  test.each([
    ['1min 30s', 'pass: 1min 30s'],
    ['infinity', 'pass: infinity'],
    ['4s 999ms', 'fail: TimeoutStopSec=4s 999ms'],
    ['what', 'fail: TimeoutStopSec=what'],
  ])('a unit that stops within %s', (time, expected) => {
    expect(seen({ limits: `TimeoutStopUSec=${time}\nKillSignal=15` })['stop-time']).toBe(expected);
    expect(seen({ limits: `TimeoutStopUSec=${time}\nKillSignal=9` })['stop-time']).toMatch(/^fail: .*SIGKILL$/);
  });

  test.each([
    ['/srv 192.0.2.0/24(rw) web1(ro)', 'pass: '],
    ['/srv (rw)', 'fail: for everybody'],
    ['/srv', 'fail: for everybody'],
    ['/srv 0.0.0.0/0(rw)', 'fail: for everybody'],
    ['/srv web1(rw,no_root_squash)', 'fail: no_root_squash'],
  ])('an export %j', (exports, expected) => {
    expect(seen({ exports })['nfs-exports']).toBe(expected);
  });

  test('a mount that is soft; a site without TLS, or with a certificate that is none', () => {
    expect(seen({ mounts: '/mnt nfs4 rw,soft,nosuid,nodev' })['nfs-mount']).toBe('fail: soft');
    expect(seen({ site: 'no certificate' })['certificate']).toBe('fail: the site has no TLS');
    expect(seen({ site: '/etc/ssl/x.pem', certificate: 'garbage', now: '0' })['certificate']).toBe(
      'unknown: /etc/ssl/x.pem is no certificate',
    );
  });

  test('where nothing is deployed, or a NAS runs it, units are not asked for', () => {
    for (const more of [{ serves: '' }, { layout: 'dsm' }])
      expect(Object.keys(seen({}, more))).not.toEqual(expect.arrayContaining(['exposure', 'unit-limits']));
  });
});
