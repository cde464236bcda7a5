import { describe, expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { makeCandidate } from '../../src/deploy-ssh-systemd/candidate.ts';
import { asVariables, credentials, fingerprintBy } from '../../src/deploy-ssh-systemd/secrets.ts';
import type { Settings } from '../../src/deploy-ssh-systemd/settings.ts';

const artifact = { path: '/x', target: { os: 'linux', arch: 'amd64' }, sha256: 'a'.repeat(64), size: 5 };
const record = {
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1.0.0',
  binaries: [],
  images: [],
  deployments: [],
} as ReleaseRecord;
const settings = {
  service: 'hello',
  directory: '/opt/slipway/hello',
  args: [],
  environment: { COLOR: 'blue' },
  secretEnvironment: { TOKEN: 's3cret-token' },
  credentials: { 'tls.key': 's3cret-key' },
  fingerprint: fingerprintBy('a private key'),
  runAs: 'dynamic',
  type: 'exec',
  listen: undefined,
  dropIn: '',
  unit: { restart: 'always', after: [], hardening: 'default', overrides: [], memoryMax: 1000 },
} as unknown as Settings;
const file = { path: 'a b/c', mode: '644', sha256: 'b'.repeat(64), size: 3, source: '/c' };
const make = (changes: Partial<Settings> = {}, systemd = 252) =>
  makeCandidate(artifact, record, { ...settings, ...changes }, [file], systemd);
const part = (candidate: ReturnType<typeof make>, path: string) => candidate.parts.find(one => one.path === path);

describe('makeCandidate', () => {
  test('secrets are in files that only root reads, and nowhere else', () => {
    const candidate = make();
    const open = candidate.parts.filter(one => one.mode !== '600');
    expect(open.map(one => one.path)).toEqual(['unit', 'release.json']);
    expect(JSON.stringify([open, candidate.id, candidate.unit, candidate.variables])).not.toMatch(/s3cret|blue/);
    expect(part(candidate, 'environment')?.content).toBe('COLOR="blue"\nGOMEMLIMIT="900B"\nTOKEN="s3cret-token"\n');
    expect(part(candidate, 'credentials/tls.key')?.content).toBe('s3cret-key');
    expect(JSON.parse(part(candidate, 'release.json')!.content)).toMatchObject({
      environment: ['COLOR', 'GOMEMLIMIT', 'TOKEN'],
      credentials: ['tls.key'],
      files: [{ path: 'a b/c', mode: '644', sha256: file.sha256 }],
    });
  });

  test.each<[string, Partial<Settings>]>([
    ['a variable', { environment: { COLOR: 'red' } }],
    ['a secret variable', { secretEnvironment: { TOKEN: 'other' } }],
    ['a credential', { credentials: { 'tls.key': 'other' } }],
    ['an argument', { args: ['-x'] }],
    ['a drop-in', { dropIn: '[Service]\nNice=5\n' }],
  ])('%s makes another release', (_name, changes) => {
    expect(make(changes).id).not.toBe(make().id);
    expect(make().id).toBe(make().id);
  });

  test('the id says nothing of secrets to who does not have the key', () => {
    const [other, same] = [
      make({ fingerprint: fingerprintBy('another key') }),
      make({ fingerprint: fingerprintBy('a private key') }),
    ];
    expect(other.id).not.toBe(make().id);
    expect(same.id).toBe(make().id);
    // without a key each run is on its own; where there are no secrets that does not matter
    const secretless = { secretEnvironment: {}, credentials: {} };
    const ids = [0, 1].map(() => make({ fingerprint: fingerprintBy(undefined) }).id);
    expect(ids[0]).not.toBe(ids[1]);
    expect(make({ ...secretless, fingerprint: fingerprintBy(undefined) }).id).toBe(make(secretless).id);
  });

  test('a systemd without credentials gets them as variables', () => {
    const candidate = make({}, 245);
    expect(candidate.credentials).toEqual([]);
    expect(candidate.unit).not.toContain('LoadCredential');
    expect(part(candidate, 'environment')?.content).toContain('tls_key="s3cret-key"');
    expect(candidate.left).toContain('ProtectProc');
  });
});

test.each([
  ['key', 'key'],
  ['tls.key', 'tls_key'],
  ['2-fa', '_2_fa'],
])('the credential %s is the variable %s', (name, variable) =>
  expect(asVariables({ [name]: 'x' })).toEqual({ [variable]: 'x' }),
);

test.each(['a b=x', '../x=y', '.x=y', 'x/y=z', '-x=y'])('no credential: %j', text => {
  expect(() => credentials.parse(text)).toThrow();
});
