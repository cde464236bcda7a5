import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { findWanted } from '../../../src/setup-go-cross/go-version/find.ts';
import { parseGoVersion, toSemver } from '../../../src/setup-go-cross/go-version/go-version.ts';
import { choose, nameOf, parseWanted } from '../../../src/setup-go-cross/go-version/wanted.ts';
import { hostOf, parseArchitecture } from '../../../src/setup-go-cross/toolchain/host.ts';
import { install } from '../../../src/setup-go-cross/toolchain/install.ts';
import { officialIndex } from '../../../src/setup-go-cross/toolchain/official-index.ts';
import { fromMap, serve } from '../server.ts';

// The cases of setup-go's own __tests__/setup-go.test.ts (v7, fba3fb4), over the versions that it has in
// __tests__/data: golang-dl.json (`index`) and versions-manifest.json (`manifest`). `title` is that of the case there.
const patches = (line: string, last: number, without: readonly number[] = []) =>
  Array.from({ length: last }, (_, at) => last - at)
    .filter(patch => !without.includes(patch))
    .map(patch => `${line}.${patch}`)
    .concat(line);
const index = [
  ...patches('1.13', 7),
  ...patches('1.12', 16),
  ...patches('1.11', 13),
  ...patches('1.10', 8),
  ...patches('1.9', 7),
  ...patches('1.8', 7),
  ...patches('1.7', 6, [2]),
  ...patches('1.6', 4),
  ...patches('1.5', 4),
  ...patches('1.4', 3),
  ...patches('1.3', 3),
  ...['1.2.2', '1', '1.14rc1'],
];
const manifest = ['1.17.6', '1.12.17', '1.12.16', '1.9.7'];

test('the list is as long as setup-go’s', () => {
  expect(index).toHaveLength(91);
});

const ofIndex: { title: string; spec: string; expected: string | undefined }[] = [
  { title: 'finds stable match for exact dot zero version', spec: '1.13.0', expected: '1.13' },
  { title: 'finds latest patch version for minor version spec', spec: '1.13', expected: '1.13.7' },
  { title: 'finds latest patch version for caret version spec', spec: '^1.13.6', expected: '1.13.7' },
  { title: 'finds latest version for major version spec', spec: '1', expected: '1.13.7' },
  { title: 'finds unstable pre-release version', spec: '1.14.0-rc.1', expected: '1.14rc1' },
  { title: 'downloads a version not in the cache', spec: '1.13.1', expected: '1.13.1' },
  { title: 'does not find a version that does not exist', spec: '9.99.9', expected: undefined },
  { title: 'falls back to a version from go dist', spec: '1.12.14', expected: '1.12.14' },
  { title: 'fallback to dist if version is not found in manifest', spec: '1.13', expected: '1.13.7' },
  { title: 'acquires specified architecture of go (amd64)', spec: '1.13.7', expected: '1.13.7' },
  { title: 'acquires specified architecture of go (armv6l)', spec: '1.12.2', expected: '1.12.2' },
];
test.each(ofIndex)('index: $title: $spec', ({ spec, expected }) => {
  expect(choose(parseWanted(spec, 'test'), index)).toBe(expected);
});

const ofManifest: { title: string; spec: string; expected: string }[] = [
  { title: 'can find 1.9.7 from manifest', spec: '1.9.7', expected: '1.9.7' },
  { title: 'downloads a version from a manifest match', spec: '1.12.16', expected: '1.12.16' },
  { title: 'downloads a major and minor from a manifest match', spec: '1.12', expected: '1.12.17' },
  { title: 'check latest version and install it from manifest', spec: '1.17', expected: '1.17.6' },
  { title: 'acquires latest go version with stable', spec: 'stable', expected: '1.17.6' },
  { title: 'acquires latest go version with oldstable', spec: 'oldstable', expected: '1.12.17' },
];
test.each(ofManifest)('manifest: $title: $spec', ({ spec, expected }) => {
  expect(choose(parseWanted(spec, 'test'), manifest)).toBe(expected);
});

test('an upper bound takes the newest below it (setup-go: the first of the list that fits, 1.12.16)', () => {
  expect(choose(parseWanted('<1.13.7', 'test'), index)).toBe('1.13.6');
});

const names: [string, string][] = [
  ['1.10beta1', '1.10.0-beta.1'],
  ['1.10rc1', '1.10.0-rc.1'],
  ['1.8.5beta1', '1.8.5-beta.1'],
  ['1.8.5rc1', '1.8.5-rc.1'],
  ['1.13', '1.13.0'],
  ['1.13.1', '1.13.1'],
];
test.each(names)('semantic version: %s is %s', (text, semver) => {
  expect(toSemver(parseGoVersion(text))).toBe(semver);
});

describe('which archive of the index', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let tools: string;
  beforeAll(async () => {
    tools = mkdtempSync(join(tmpdir(), 'slipway-as-'));
    const kinds = [
      'darwin-amd64.tar.gz',
      'linux-amd64.tar.gz',
      'linux-armv6l.tar.gz',
      'windows-386.zip',
      'windows-amd64.zip',
    ];
    const files = (version: string) =>
      kinds.map(kind => ({
        filename: `go${version}.${kind}`,
        os: kind.split('-')[0],
        arch: /-(\w+)\./.exec(kind)![1],
        kind: 'archive',
        sha256: 'a'.repeat(64),
        size: 1,
      }));
    const list = index.map(version => ({
      version: `go${version}`,
      stable: !version.includes('rc'),
      files: files(version),
    }));
    server = await serve(fromMap({ '/?mode=json&include=all': JSON.stringify(list) }));
  });
  afterAll(async () => {
    await server.close();
    rmSync(tools, { recursive: true, force: true });
  });

  const archives: [string, string, string, string][] = [
    ['1.13.0', 'darwin', 'x64', 'go1.13.darwin-amd64.tar.gz'],
    ['1.13', 'linux', 'x64', 'go1.13.7.linux-amd64.tar.gz'],
    ['1', 'win32', 'x32', 'go1.13.7.windows-386.zip'],
    ['1.14.0-rc.1', 'linux', 'x64', 'go1.14rc1.linux-amd64.tar.gz'],
    ['1.13.1', 'win32', 'x64', 'go1.13.1.windows-amd64.zip'],
    ['1.12.2', 'linux', 'armv6l', 'go1.12.2.linux-armv6l.tar.gz'],
  ];
  test.each(archives)('%s on %s %s is %s', async (spec, platform, architecture, expected) => {
    const arch = parseArchitecture(architecture);
    const sources = [officialIndex(server.url, hostOf(platform as NodeJS.Platform, arch))];
    const signal = new AbortController().signal;
    const env = process.env['RUNNER_TOOL_CACHE'];
    process.env['RUNNER_TOOL_CACHE'] = tools;
    // The archive is not there: what is shown is which one is asked for.
    await install(parseWanted(spec, 'test'), sources, signal, { arch, checkLatest: false }).catch(() => undefined);
    if (env === undefined) delete process.env['RUNNER_TOOL_CACHE'];
    else process.env['RUNNER_TOOL_CACHE'] = env;
    expect(server.asked.at(-1)).toBe(`/${expected}`);
  });
});

describe('go-version-file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-as-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const requires =
    '\nrequire (\n\texample.com/othermodule v1.2.3\n)\n\nreplace example.com/thatmodule => ../thatmodule\n';
  const goMod = (go: string, toolchain?: string) =>
    `module example.com/mymodule\n\ngo ${go}\n${toolchain === undefined ? '' : `\ntoolchain go${toolchain}\n`}${requires}`;
  const asked = async (file: string, text: string, env = {}, version?: string) => {
    writeFileSync(join(folder, file), text);
    return nameOf(await findWanted({ version, file, directory: folder, env }));
  };

  const same: {
    title: string;
    file: string;
    text: string;
    env?: Record<string, string>;
    version?: string;
    expected: string;
  }[] = [
    { title: 'reads version from go.work', file: 'go.work', text: 'go 1.19\n\nuse .\n\n', expected: '1.19' },
    { title: 'reads version from go.mod', file: 'go.mod', text: goMod('1.14'), expected: '1.14' },
    { title: 'reads version from .tool-versions', file: '.tool-versions', text: 'golang 1.23\n', expected: '1.23' },
    { title: 'reads version from .go-version', file: '.go-version', text: '1.13.0\n', expected: '1.13' },
    {
      title: 'is overwritten by go-version',
      file: 'go.mod',
      text: goMod('1.14'),
      version: '1.13.1',
      expected: '1.13.1',
    },
    ...['go.mod', 'go.work'].flatMap(file =>
      ['1.22.0', '1.21rc2'].map(toolchain => ({
        title: `reads version (${toolchain}) from toolchain directive`,
        file,
        text: goMod('1.19', toolchain),
        expected: toolchain,
      })),
    ),
    ...['go.mod', 'go.work'].flatMap(file =>
      ['1.22.0', '1.21rc2', '1.18'].map(toolchain => ({
        title: `reads version from go directive when GOTOOLCHAIN is local (${toolchain})`,
        file,
        text: goMod('1.19', toolchain),
        env: { GOTOOLCHAIN: 'local' },
        expected: '1.19',
      })),
    ),
  ];
  test.each(same)('$file: $title', async ({ file, text, env, version, expected }) => {
    expect(await asked(file, text, env, version)).toBe(expected);
  });

  test('reports a read failure', async () => {
    const request = { version: undefined, file: 'go.mod', directory: folder, env: {} };
    await expect(findWanted(request)).rejects.toMatchObject({ code: 'GO_VERSION_FILE_MISSING' });
  });

  // Where setup-go departs from the go command, we go with the go command.
  test.each(['go.mod', 'go.work'])(
    '%s: a toolchain line older than the go line says nothing (setup-go: 1.18)',
    async file => {
      expect(await asked(file, goMod('1.19', '1.18'))).toBe('1.19');
    },
  );

  test('go.mod: a go line is a version, not a range of patches (setup-go: the newest 1.14)', async () => {
    writeFileSync(join(folder, 'go.mod'), goMod('1.14'));
    const wanted = await findWanted({ version: undefined, file: 'go.mod', directory: folder, env: {} });
    expect(wanted.kind).toBe('exact');
    const patch = await findWanted({ version: undefined, file: 'go.mod', directory: folder, env: {}, policy: 'patch' });
    expect(choose(patch, ['1.14', '1.14.15', '1.15'])).toBe('1.14.15');
  });
});
