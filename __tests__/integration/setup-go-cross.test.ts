import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readGoBinary } from '../../src/core/binary/index.ts';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { formatTarget } from '../../src/core/target.ts';
import { exampleRepository, git, isInstalled, type Step, step } from './setup-go-cross-runner.ts';

// One empty tool cache for the file: Go is downloaded into it once, through GOPROXY as CI has it, or from the official index.
const version = '1.26.8';
let folder: string;
let tools: string;
let hello: string;
let first: Step;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-cross-'));
  tools = join(folder, 'tools');
  hello = await exampleRepository(folder);
  first = await setUp({});
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const setUp = (inputs: Record<string, string>, env: Record<string, string | undefined> = {}) =>
  step({ 'working-directory': hello, ...inputs }, { RUNNER_TOOL_CACHE: tools, GOTOOLCHAIN: undefined, ...env });
const recordOf = (done: Step) => JSON.parse(readFileSync(done.outputs['release']!, 'utf8')) as ReleaseRecord;
const goroot = () => join(tools, 'go', version, process.arch);

describe('toolchain', () => {
  test('the Go of go.mod is installed, verified and put on PATH', async () => {
    expect(first.log).toContain('is verified by');
    expect(first).toMatchObject({ code: 0, outputs: { 'go-version': version, 'cache-hit': 'false' } });
    expect(first.path.at(-1)).toBe(join(goroot(), 'bin'));
    expect(first.exported['GOTOOLCHAIN']).toBe('local');
    const { stdout } = await run([join(goroot(), 'bin/go'), 'version'], { timeout: 20_000 });
    expect(stdout).toContain(`go version go${version} `);
  });

  test('a second run needs no network: every file is checked instead', async () => {
    const again = await setUp({ goproxy: 'off', 'go-download-base-url': 'http://127.0.0.1:1' });
    expect(again.code).toBe(0);
    expect(again.log).toContain('from the tool cache');
  }, 30_000);

  test('settings of another Go do not leak in', async () => {
    const env = {
      GOROOT: '/usr/lib/go-of-the-system',
      GOOS: 'plan9',
      GOFLAGS: '-buildvcs=false',
      GOTOOLCHAIN: 'local',
    };
    const done = await setUp({}, env);
    expect(done).toMatchObject({ code: 0, outputs: { 'go-version': version } });
    expect(done.exported).toEqual({ GOROOT: goroot() });
  });

  test('a changed byte in the tool cache: refused, nothing on PATH', async () => {
    const copy = join(folder, 'damaged');
    await run(['cp', '-al', tools, copy], { timeout: 60_000 });
    const file = join(copy, 'go', version, process.arch, 'src/fmt/print.go');
    const text = readFileSync(file, 'utf8');
    rmSync(file); // hard links: the original must stay as it is
    writeFileSync(file, `${text}\n`);
    const done = await setUp(
      { goproxy: 'off', 'go-download-base-url': 'http://127.0.0.1:1' },
      { RUNNER_TOOL_CACHE: copy },
    );
    expect(done).toMatchObject({ code: 1, path: [] });
    expect(done.log).toContain('is not used: its files have the hash');
    expect(done.log).toContain('[TOOLCHAIN_UNAVAILABLE]');
    expect(isInstalled(copy, version)).toBe(false);
  });

  test('a version that does not exist', async () => {
    const done = await setUp({ 'go-version': '1.26.999' });
    expect(done).toMatchObject({ code: 1, path: [] });
    expect(done.log).toContain('Go 1.26.999 (input go-version) cannot be had');
  });
});

const targets = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'darwin/arm64', 'windows/amd64'];

describe('cross-building examples/hello', () => {
  let done: Step;
  let record: ReleaseRecord;
  beforeAll(async () => {
    await git(hello, 'tag', 'v1.2.3');
    done = await setUp({ targets: targets.join('\n'), version: 'v1.2.3' });
    if (done.code !== 0) throw new Error(done.log);
    record = recordOf(done);
  }, 900_000);

  test('the record names every target, the commit and the toolchain', async () => {
    expect(record).toMatchObject({ name: 'hello', version: 'v1.2.3', commitTime: '2026-01-01T12:00:00Z' });
    expect(record.commit).toBe(await git(hello, 'rev-parse', 'HEAD'));
    expect(record.toolchain).toMatchObject({ version: `go${version}` });
    expect(record.binaries.map(({ target, path }) => [target, path])).toEqual([
      ['linux/amd64', 'hello-linux-amd64'],
      ['linux/arm64', 'hello-linux-arm64'],
      ['linux/arm/v7', 'hello-linux-armv7'],
      ['darwin/arm64', 'hello-darwin-arm64'],
      ['windows/amd64', 'hello-windows-amd64.exe'],
    ]);
  });

  test('the binaries are what the record says', async () => {
    for (const { path, target } of record.binaries) {
      const { target: found, buildinfo } = await readGoBinary(join(hello, 'slipway-out', path));
      expect(formatTarget(found)).toBe(target);
      expect(buildinfo.settings).toMatchObject({ CGO_ENABLED: '0', '-trimpath': 'true', 'vcs.modified': 'false' });
    }
    await run(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: join(hello, 'slipway-out'), timeout: 30_000 });
    expect(JSON.parse(done.outputs['binaries']!)).toHaveLength(5);
    expect(done.summary).toContain('| hello | linux/arm/v7 |');
  });

  test('our reader agrees with the go command on every format', async () => {
    for (const { path } of record.binaries) {
      const file = join(hello, 'slipway-out', path);
      const { stdout } = await run([join(goroot(), 'bin/go'), 'version', '-m', '-json', file], { timeout: 30_000 });
      const said = JSON.parse(stdout) as {
        Path: string;
        GoVersion: string;
        Settings: { Key: string; Value: string }[];
      };
      const { buildinfo } = await readGoBinary(file);
      expect([buildinfo.path, buildinfo.goVersion]).toEqual([said.Path, said.GoVersion]);
      expect(buildinfo.settings).toEqual(Object.fromEntries(said.Settings.map(({ Key, Value }) => [Key, Value])));
    }
  });

  test('the program of this machine runs and knows the version that was stamped', async () => {
    const arch = process.arch === 'x64' ? 'amd64' : 'arm64';
    const native = join(hello, 'slipway-out', `hello-linux-${arch}`);
    expect((await run([native, '-version'], { timeout: 10_000 })).stdout).toBe('v1.2.3\n');
  });

  test('built again elsewhere, the same bytes', async () => {
    const elsewhere = mkdtempSync(join(folder, 'elsewhere-'));
    const directory = await exampleRepository(elsewhere);
    await git(directory, 'tag', 'v1.2.3');
    const other = await setUp({ 'working-directory': directory, targets: 'linux/amd64', version: 'v1.2.3' });
    expect(recordOf(other).binaries[0]!.sha256).toBe(record.binaries[0]!.sha256);
  }, 120_000);

  test('the printed line makes the same bytes by hand', async () => {
    const line = done.log
      .split('\n')
      .find(text => text.includes('GOARCH=arm64 GOARM64') && text.includes('GOOS=linux'))!;
    const byHand = line.replace(/-o \S+/, `-o ${join(folder, 'by-hand')}`);
    const path = `${join(goroot(), 'bin')}:${process.env['PATH']}`;
    await run(['sh', '-c', byHand], {
      cwd: hello,
      env: { ...process.env, PATH: path, GOTOOLCHAIN: 'local' },
      timeout: 120_000,
    });
    const { stdout } = await run(['sha256sum', join(folder, 'by-hand')], { timeout: 10_000 });
    expect(stdout.slice(0, 64)).toBe(record.binaries[1]!.sha256);
  }, 120_000);

  test('nothing temporary is left, and git sees no change', async () => {
    expect(readdirSync(join(hello, 'slipway-out')).filter(name => name.startsWith('building-'))).toEqual([]);
    expect(await git(hello, 'status', '--porcelain')).toBe('');
  });

  test('a matrix: plan, one job a target, merge', async () => {
    const plan = await setUp({ mode: 'plan', targets: 'linux/amd64,windows/amd64' });
    const { include } = JSON.parse(plan.outputs['matrix']!) as { include: { target: string; name: string }[] };
    for (const { target, name } of include) {
      const job = await setUp({ targets: target, version: 'v1.2.3' });
      expect(job.outputs['release']).toBe(join(hello, 'slipway-out', `release-${name}.json`));
    }
    const merged = await setUp({ mode: 'merge', release: 'slipway-out/release-*.json' });
    expect(
      recordOf(merged)
        .binaries.map(({ target }) => target)
        .sort(),
    ).toEqual(['linux/amd64', 'windows/amd64']);
    writeFileSync(join(hello, 'slipway-out/hello-windows-amd64.exe'), 'changed');
    const refused = await setUp({ mode: 'merge', release: 'slipway-out/release-*.json' });
    expect(refused.code).toBe(1);
    expect(refused.log).toContain('[BINARY_CHANGED]');
  }, 240_000);
});

describe('bad input: a clear error, nothing written', () => {
  const outFiles = () => (existsSync(join(hello, 'slipway-out')) ? readdirSync(join(hello, 'slipway-out')).sort() : []);
  const cases: { name: string; inputs: Record<string, string>; says: string }[] = [
    { name: 'unknown target', inputs: { targets: 'linux/arm8' }, says: 'e.g. linux/arm' },
    { name: 'unknown input', inputs: { 'go-versoin': '1' }, says: 'did you mean "go-version"?' },
    { name: 'no such package', inputs: { packages: './nothing' }, says: '[GO_FAILED]' },
    { name: 'no main package', inputs: { packages: 'fmt' }, says: 'Set packages to one of: example.com/hello' },
    { name: 'a version of unfit characters', inputs: { version: 'v1 -X evil' }, says: 'input "version"' },
    { name: 'an unknown placeholder', inputs: { output: 'out/{nam}', targets: 'linux/amd64' }, says: '{name}' },
    { name: 'merge without records', inputs: { mode: 'merge' }, says: '[RECORD_MISSING]' },
  ];
  test.each(cases)('$name', async ({ inputs, says }) => {
    const before = outFiles();
    const done = await setUp(inputs);
    expect(done.code).toBe(1);
    expect(done.log).toContain(says);
    expect(done.outputs['release']).toBeUndefined();
    expect(outFiles()).toEqual(before);
  });

  test('a module that wants a newer Go than the one asked for', async () => {
    const directory = mkdtempSync(join(folder, 'newer-'));
    writeFileSync(join(directory, 'go.mod'), 'module example.com/newer\n\ngo 1.99.0\n');
    writeFileSync(join(directory, 'main.go'), 'package main\n\nfunc main() {}\n');
    const done = await setUp({ 'working-directory': directory, 'go-version': version, targets: 'linux/amd64' });
    expect(done.code).toBe(1);
    expect(done.log).toContain('[GO_TOO_OLD]');
  });

  test('a compile error', async () => {
    const directory = mkdtempSync(join(folder, 'broken-'));
    writeFileSync(join(directory, 'go.mod'), `module example.com/broken\n\ngo ${version}\n`);
    writeFileSync(join(directory, 'main.go'), 'package main\n\nfunc main() { undefinedName() }\n');
    const done = await setUp({ 'working-directory': directory, targets: 'linux/amd64,linux/arm64', version: 'v1' });
    expect(done.code).toBe(1);
    expect(done.log).toContain('undefined: undefinedName');
    expect(readdirSync(join(directory, 'slipway-out'))).toEqual([]);
  }, 60_000);

  test('a version on a working tree with changes', async () => {
    writeFileSync(join(hello, 'stray.txt'), '');
    const done = await setUp({ targets: 'linux/amd64', version: 'v9.0.0' });
    expect(done.code).toBe(1);
    expect(done.log).toContain('?? stray.txt [TREE_DIRTY]');
    const warned = await setUp({ targets: 'linux/amd64', version: '' });
    rmSync(join(hello, 'stray.txt'));
    // The tag on HEAD names a version as well.
    expect(warned.log).toContain('[TREE_DIRTY]');
  });
});

test('cancelled in the middle: the compilers end, nothing half made is left', async () => {
  const directory = await exampleRepository(mkdtempSync(join(folder, 'cancel-')));
  let cancelled = 0;
  const done = await step(
    { 'working-directory': directory, targets: targets.join(',') },
    { RUNNER_TOOL_CACHE: tools, GOCACHE: join(folder, 'cold') },
    undefined,
    (log, child) => {
      if (cancelled > 0 || !log.includes('building 5 programs')) return;
      cancelled = Date.now();
      setTimeout(() => child.kill('SIGINT'), 1000);
    },
  );
  expect(done.code).toBe(1);
  expect(done.log).toContain('[CANCELLED]');
  expect(Date.now() - cancelled).toBeLessThan(6000);
  expect(readdirSync(join(directory, 'slipway-out'))).toEqual([]);
  const { stdout } = await run(['ps', '-eo', 'args'], { timeout: 10_000 });
  expect(stdout.split('\n').filter(line => line.includes(directory))).toEqual([]);
}, 60_000);

const asRoot = process.getuid?.() === 0 ? test : test.skip;
asRoot(
  'a repository of another user (needs root to make one): the line that mends it',
  async () => {
    const directory = await exampleRepository(mkdtempSync(join(folder, 'foreign-')));
    await run(['chown', '-R', 'nobody', directory], { timeout: 10_000 });
    const inputs = { targets: 'linux/amd64', 'working-directory': directory };
    const home = { HOME: folder, GIT_CONFIG_GLOBAL: join(folder, 'gitconfig') };
    const refused = await setUp(inputs, home);
    expect(refused.code).toBe(1);
    expect(refused.log).toContain('[GIT_DUBIOUS_OWNERSHIP]');
    const [, advice] = /(git config --global --add safe\.directory "[^"]+")/.exec(refused.log)!;
    await run(['sh', '-c', advice!], { env: { ...process.env, ...home }, timeout: 10_000 });
    const env = {
      ...home,
      GOCACHE: process.env['GOCACHE'] ?? join(homedir(), '.cache/go-build'),
      GOFLAGS: '-modcacherw',
    };
    expect(await setUp(inputs, env)).toMatchObject({ code: 0 });
  },
  240_000,
);
