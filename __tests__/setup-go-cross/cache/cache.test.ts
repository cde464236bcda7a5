import { describe, expect, test } from '@jest/globals';
import { cacheKeys, type KeyParts } from '../../../src/setup-go-cross/cache/key.ts';
import { type CacheSetting, planCache } from '../../../src/setup-go-cross/cache/plan.ts';

const parts: KeyParts = {
  host: 'linux-amd64',
  goVersion: '1.26.8',
  targets: ['linux/amd64', 'linux/arm64'],
  cgo: 'off',
  flags: ['', 'true', '', ''],
  dependencies: 'a'.repeat(64),
  run: '77-1',
};

describe('keys', () => {
  const base = cacheKeys(parts);

  test('roll: new in every run, restored by prefix, the same dependencies first', () => {
    expect(base.restore[0]!.startsWith(base.restore[1]!)).toBe(true);
    expect(base.save).toBe(`${base.restore[0]}77-1`);
    expect(cacheKeys({ ...parts, run: '78-1' }).restore).toEqual(base.restore);
  });

  test('other dependencies share the second prefix only', () => {
    const other = cacheKeys({ ...parts, dependencies: 'b'.repeat(64) });
    expect(other.restore[0]).not.toBe(base.restore[0]);
    expect(other.restore[1]).toBe(base.restore[1]);
  });

  const apart: { name: string; change: Partial<KeyParts> }[] = [
    { name: 'host', change: { host: 'linux-arm64' } },
    { name: 'Go version', change: { goVersion: '1.26.9' } },
    { name: 'target set', change: { targets: ['linux/amd64'] } },
    { name: 'CGO', change: { cgo: 'gcc' } },
    { name: 'flags', change: { flags: ['netgo', 'true', '', ''] } },
  ];
  test.each(apart)('another $name shares nothing', ({ change }) => {
    const other = cacheKeys({ ...parts, ...change });
    expect(other.save.startsWith(base.restore[1]!)).toBe(false);
    expect(base.save.startsWith(other.restore[1]!)).toBe(false);
  });

  test('a version that begins like another shares nothing', () => {
    const [one, ten] = [cacheKeys({ ...parts, goVersion: '1.26.1' }), cacheKeys({ ...parts, goVersion: '1.26.10' })];
    expect(ten.save.startsWith(one.restore[1]!)).toBe(false);
  });

  test('the order of targets does not matter', () => {
    expect(cacheKeys({ ...parts, targets: [...parts.targets].reverse() })).toEqual(base);
  });
});

const service = { ACTIONS_CACHE_URL: 'http://cache.test/', ACTIONS_RUNTIME_TOKEN: 'token' };
const serviceV2 = {
  ACTIONS_CACHE_SERVICE_V2: 'true',
  ACTIONS_RESULTS_URL: 'http://results.test/',
  ACTIONS_RUNTIME_TOKEN: 'token',
};
const plans: { name: string; setting: CacheSetting; folder?: string; env: Record<string, string>; expected: object }[] =
  [
    { name: 'no service', setting: 'auto', env: {}, expected: { kind: 'none' } },
    {
      name: 'a service without a token',
      setting: 'auto',
      env: { ACTIONS_CACHE_URL: 'http://x' },
      expected: { kind: 'none' },
    },
    { name: 'a service', setting: 'auto', env: service, expected: { kind: 'service' } },
    { name: 'a service, second version', setting: 'auto', env: serviceV2, expected: { kind: 'service' } },
    {
      name: 'auto and a tag',
      setting: 'auto',
      env: { ...service, GITHUB_REF_TYPE: 'tag' },
      expected: { kind: 'none' },
    },
    {
      name: 'true and a tag',
      setting: 'true',
      env: { ...service, GITHUB_REF_TYPE: 'tag' },
      expected: { kind: 'service' },
    },
    {
      name: 'auto and pull_request_target',
      setting: 'auto',
      env: { ...service, GITHUB_EVENT_NAME: 'pull_request_target' },
      expected: { kind: 'none' },
    },
    { name: 'false', setting: 'false', folder: '/srv/go', env: service, expected: { kind: 'none' } },
    {
      name: 'a folder',
      setting: 'auto',
      folder: '/srv/go',
      env: service,
      expected: { kind: 'folder', root: '/srv/go' },
    },
    {
      name: 'a relative folder',
      setting: 'true',
      folder: 'c',
      env: {},
      expected: { kind: 'folder', root: '/w/c' },
    },
  ];
test.each(plans)('cache: $name', ({ setting, folder, env, expected }) => {
  expect(planCache(setting, folder, '/w', env)).toMatchObject(expected);
});
