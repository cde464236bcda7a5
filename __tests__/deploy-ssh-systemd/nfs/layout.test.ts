import { describe, expect, test } from '@jest/globals';
import {
  listingOnShare,
  nfsRoot,
  shareMustAgree,
  shareMustBeUsed,
} from '../../../src/deploy-ssh-systemd/nfs/layout.ts';
import type { Settings } from '../../../src/deploy-ssh-systemd/settings.ts';
import { renderUnit } from '../../../src/deploy-ssh-systemd/unit-file.ts';
import { plainOptions } from '../unit-options.ts';

const settings = { layout: 'nfs', nfsRoot: '/srv/apps', service: 'hello', become: 'auto' } as Settings;

describe('nfs-root', () => {
  test('is a path without its last slash', () => expect(nfsRoot.parse('/srv/apps/')).toBe('/srv/apps'));
  test.each(['apps', '/srv', '/srv/../etc', '/srv/a b', '/home/deploy/apps', '/tmp/apps', '/srv/-x'])(
    '%s is none',
    path => expect(() => nfsRoot.parse(path)).toThrow(),
  );
  test('is needed with layout nfs, and of no use without', () => {
    expect(() => shareMustAgree({ ...settings, nfsRoot: undefined }, '')).toThrow(/"nfs-root" is missing/);
    expect(() => shareMustBeUsed('/srv/apps', [{ layout: 'systemd' }])).toThrow(/no host has the layout nfs/);
    expect(() => shareMustBeUsed('/srv/apps', [{ layout: 'systemd' }, settings])).not.toThrow();
  });
  test('is not for the agent of bootstrap', () =>
    expect(() => shareMustAgree({ ...settings, become: 'agent' }, '')).toThrow(/agent of bootstrap/));
});

test('what lies on the share is listed as sha256sum reads it', () => {
  const [binary, file] = ['a'.repeat(64), 'b'.repeat(64)];
  expect(listingOnShare({ sha256: binary }, [{ path: 'a b/c', sha256: file }], settings)).toBe(
    `${binary}  hello\n${file}  files/a b/c\n`,
  );
  expect(listingOnShare({ sha256: binary }, [], { ...settings, layout: 'systemd' })).toBe('');
});

test('the unit waits for the mount; logs there are for a user that can own something', () => {
  const dynamic = renderUnit({ ...plainOptions, share: '/srv/apps/hello' });
  expect(dynamic).toContain('\nRequiresMountsFor=/srv/apps/hello\n');
  expect(dynamic).toContain('\nEnvironment=CONFIGURATION_DIRECTORY=/srv/apps/hello/shared/conf\n');
  expect(dynamic).not.toContain('logs/');
  const named = renderUnit({ ...plainOptions, runAs: 'deploy', share: '/srv/apps/hello' });
  expect(named).toContain(
    '\nEnvironment=LOGS_DIRECTORY=/srv/apps/hello/logs/%H\nReadWritePaths=-/srv/apps/hello/logs/%H\n',
  );
  expect(renderUnit(plainOptions)).not.toContain('RequiresMountsFor');
});
