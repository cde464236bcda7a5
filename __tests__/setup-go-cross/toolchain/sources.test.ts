import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { readInputs } from '../../../src/core/inputs.ts';
import { goEnvironmentOf } from '../../../src/setup-go-cross/environment.ts';
import { definition } from '../../../src/setup-go-cross/inputs.ts';
import { hostOf, parseArchitecture } from '../../../src/setup-go-cross/toolchain/host.ts';
import { get } from '../../../src/setup-go-cross/toolchain/http.ts';
import { type SourceSettings, toolchainSources } from '../../../src/setup-go-cross/toolchain/sources.ts';
import { serve } from '../server.ts';

const signal = new AbortController().signal;
const base: SourceSettings = {
  order: [],
  goproxy: 'https://proxy.example',
  gosumdb: undefined,
  mirror: undefined,
  token: undefined,
  host: { os: 'linux', arch: 'amd64' },
  env: {},
  signal,
};
const names = (settings: Partial<SourceSettings>) =>
  toolchainSources({ ...base, ...settings }).map(source => (typeof source === 'string' ? source : source.name));

const [index, mirror, goproxy] = [
  'official index https://go.dev/dl',
  'official index https://m.example/go',
  'GOPROXY https://proxy.example',
];
const orders: { name: string; settings: Partial<SourceSettings>; expected: string[] }[] = [
  { name: 'default', settings: {}, expected: ['tool-cache', index, goproxy] },
  { name: 'a mirror', settings: { mirror: 'https://m.example/go/' }, expected: ['tool-cache', mirror, goproxy] },
  {
    name: 'a mirror of the environment',
    settings: { env: { GO_DOWNLOAD_BASE_URL: 'https://m.example/go' } },
    expected: ['tool-cache', mirror, goproxy],
  },
  {
    name: 'the input before the environment, in the order that was given',
    settings: {
      order: ['goproxy', 'mirror', 'index', 'tool-cache'],
      mirror: 'https://m.example/go',
      env: { GO_DOWNLOAD_BASE_URL: 'https://other.example' },
    },
    expected: [goproxy, mirror, index, 'tool-cache'],
  },
  { name: 'one only', settings: { order: ['tool-cache'] }, expected: ['tool-cache'] },
];
test.each(orders)('sources: $name', ({ settings, expected }) => {
  expect(names(settings)).toEqual(expected);
});

test('a mirror without its address', () => {
  expect(() => names({ order: ['mirror'] })).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
});

test.each(['nowhere', 'index index'])('toolchain-sources "%s" is refused', value => {
  const read = () => readInputs(definition.inputs, { 'INPUT_TOOLCHAIN-SOURCES': value });
  expect(read).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
});

describe('architecture', () => {
  const cases: [string, string][] = [
    ['x64', 'amd64'],
    ['amd64', 'amd64'],
    ['X86', '386'],
    ['x32', '386'],
    ['arm64', 'arm64'],
    ['aarch64', 'arm64'],
    ['ppc64le', 'ppc64le'],
    ['s390x', 's390x'],
  ];
  test.each(cases)('%s is Go’s %s', (text, arch) => {
    expect(hostOf('linux', parseArchitecture(text))).toEqual({ os: 'linux', arch });
  });
  test.each(['z80', 'constructor', ''])('"%s" is refused', text => {
    expect(() => parseArchitecture(text)).toThrow(expect.objectContaining({ code: 'ARCHITECTURE_UNKNOWN' }));
  });
});

describe('token', () => {
  const servers: { close: () => Promise<void> }[] = [];
  afterEach(() => Promise.all(servers.splice(0).map(server => server.close())));
  const listener = async (location?: string) => {
    const seen: (string | undefined)[] = [];
    const server = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(location === undefined ? 200 : 302, location === undefined ? {} : { location }).end('[]');
    });
    servers.push(server);
    return { ...server, seen };
  };

  test('goes to its own origin, not to a mirror, and not along a redirect', async () => {
    const mirror = await listener();
    const github = await listener(mirror.url);
    const env = { GITHUB_SERVER_URL: github.url, GITHUB_API_URL: github.url };
    for (const address of [github.url, mirror.url]) {
      const settings = { ...base, order: ['mirror' as const], mirror: address, token: 'ghs_secret', env };
      const [source] = toolchainSources(settings);
      if (typeof source === 'object') await source.versions(signal);
    }
    expect(github.seen).toEqual(['Bearer ghs_secret']);
    expect(mirror.seen).toEqual([undefined, undefined]);
  });

  test('a password in the address goes before it', async () => {
    const { url, seen } = await listener();
    const token = { value: 'ghs_secret', origins: [url] };
    await get(url.replace('//', '//me:pw@'), { signal, token });
    expect(seen).toEqual([`Basic ${Buffer.from('me:pw').toString('base64')}`]);
  });
});

test.each([
  [undefined, 'local'],
  ['', 'local'],
  ['auto', 'auto'],
  ['go1.25.1+auto', 'go1.25.1+auto'],
])('GOTOOLCHAIN=%s of the user reaches go as %s', (setting, expected) => {
  expect(goEnvironmentOf('/go', { GOTOOLCHAIN: setting }).GOTOOLCHAIN).toBe(expected);
});

test('the user’s go is asked for GOPROXY only when that source is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-go-'));
  const started = join(folder, 'started');
  writeFileSync(join(folder, 'go'), `#!/bin/sh\n: > ${started}\necho off\n`, { mode: 0o755 });
  try {
    const env = { PATH: `${folder}:${process.env['PATH']}` };
    const [source] = toolchainSources({ ...base, order: ['goproxy'], goproxy: undefined, env });
    expect(existsSync(started)).toBe(false);
    if (typeof source === 'object')
      await expect(source.versions(signal)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(existsSync(started)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
