import { describe, expect, test } from '@jest/globals';
import { readEnvironment, renderEnvironment } from '../../src/deploy-ssh-systemd/environment-file.ts';
import type { HostFacts } from '../../src/deploy-ssh-systemd/facts.ts';
import type { Settings } from '../../src/deploy-ssh-systemd/settings.ts';
import { renderUnit } from '../../src/deploy-ssh-systemd/unit-file.ts';
import { candidateFrom, valuesOf, type WholeRelease } from '../../src/deploy-ssh-systemd/whole-release.ts';
import { plainOptions } from './unit-options.ts';

const unit = renderUnit({ ...plainOptions, args: ['a b', ';x'], credentials: ['pin'], restartMethod: 'socket' });
const whole = (text = unit, changes: Partial<WholeRelease> = {}): WholeRelease => ({
  id: 'v1-x',
  place: 'the other',
  directory: '/opt/slipway/hello',
  ownServices: false,
  manifest: {
    version: 'v1',
    binary: { target: 'linux/amd64', size: 1, sha256: 'a' },
    environment: ['COLOR'],
    credentials: ['pin'],
    files: [],
  },
  artifact: { path: '', target: { os: 'linux', arch: 'amd64' }, size: 1, sha256: 'a' },
  parts: [{ path: 'unit', mode: '644', content: text }],
  files: [],
  ...changes,
});
const settings = { service: 'hello', directory: '/opt/slipway/hello', runAs: 'dynamic', dropIn: '' } as Settings;
const facts = { systemd: 252, user: undefined } as HostFacts;

describe('the release of another host', () => {
  test('has its id and its unit, and names its variables', () => {
    const candidate = candidateFrom(whole(), settings, facts, 'here');
    expect(candidate).toMatchObject({ id: 'v1-x', unit, variables: ['COLOR'], credentials: ['pin'], left: [] });
  });

  test('an older systemd gets the unit without what it does not know', () => {
    const { unit: fitted, left, parts } = candidateFrom(whole(), settings, { ...facts, systemd: 247 }, 'here');
    expect(left).toEqual([]);
    expect(parts[0]!.content).toBe(fitted);
    const older = whole(unit, { manifest: { ...whole().manifest, credentials: [] } });
    expect(candidateFrom(older, settings, { ...facts, systemd: 241 }, 'here').left).toContain('ProtectHostname');
  });

  const own = { name: 'me', state: 'running', lingers: true };
  test.each<[string, WholeRelease, Partial<Settings>, Partial<HostFacts>, RegExp]>([
    [
      'another folder',
      whole(),
      { directory: '/srv/x' },
      {},
      /it lies in \/opt\/slipway\/hello there, and would in \/srv\/x/,
    ],
    ['a service of the user’s own', whole(), {}, { user: own }, /one is a service of the user’s own/],
    ['another user', whole(unit.replace('DynamicUser=yes', 'User=hello-svc')), {}, {}, /its user is hello-svc/],
    [
      'a container',
      whole(unit, { manifest: { ...whole().manifest, image: 'registry.example/hello@sha256:a' } }),
      {},
      {},
      /it is a container \(registry.example\/hello@sha256:a\), which is pulled, not copied/,
    ],
    ['no credentials', whole(), {}, { systemd: 246 }, /systemd 246 has no credentials/],
    ['another drop-in', whole(), { dropIn: '[Service]\n' }, {}, /its drop-in is another one/],
    [
      'a program as root',
      whole(unit.replace('ExecStart=', 'ExecStart=+')),
      {},
      {},
      /no deployment writes: ExecStart=\+/,
    ],
    [
      'another program',
      whole(unit.replace('\n[Install]', '\nExecStartPre=/x\n[Install]')),
      {},
      {},
      /no deployment writes: ExecStartPre/,
    ],
    [
      'a timer of something else',
      whole(unit, {
        parts: [...whole().parts, { path: 'timer', mode: '644', content: '[Timer]\nUnit=ssh.service\n' }],
      }),
      {},
      {},
      /no deployment writes: Unit=ssh/,
    ],
    ['a line that goes on', whole(unit.replace('UMask=0077', 'UMask=\\')), {}, {}, /no deployment writes: UMask=/],
  ])('%s: it is said what cannot be had', (_name, from, changes, seen, said) => {
    const make = () => candidateFrom(from, { ...settings, ...changes }, { ...facts, ...seen }, 'here');
    expect(make).toThrow(said);
    expect(make).toThrow(
      expect.objectContaining({ code: 'CONVERGE_REFUSED', hint: expect.stringContaining('Nothing was') }),
    );
  });
});

test('an environment file is read as it was written', () => {
  const variables = { A: 'plain', B: 'it\'s "q" \\ $x `y`', C: 'two\nlines="x"', D: '' };
  expect(readEnvironment(renderEnvironment(variables))).toEqual(variables);
});

test('of its variables those are secrets that it says are; all where it does not say', () => {
  const { manifest } = whole();
  const parts = [
    { path: 'environment', mode: '600', content: renderEnvironment({ COLOR: 'blue', TOKEN: 'x y' }) } as const,
    { path: 'credentials/tls.key', mode: '600', content: 'k' } as const,
  ];
  expect(valuesOf({ parts, manifest: { ...manifest, secretEnvironment: ['TOKEN'] } })).toEqual({
    environment: { COLOR: 'blue' },
    secretEnvironment: { TOKEN: 'x y' },
    credentials: { 'tls.key': 'k' },
  });
  expect(valuesOf({ parts, manifest }).secretEnvironment).toEqual({ COLOR: 'blue', TOKEN: 'x y' });
});
