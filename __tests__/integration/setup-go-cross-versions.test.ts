import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { findWanted } from '../../src/setup-go-cross/go-version/find.ts';
import { hostOf } from '../../src/setup-go-cross/toolchain/host.ts';
import { fromMap, serve } from '../setup-go-cross/server.ts';
import { goroot, tarGz } from '../setup-go-cross/toolchain/archives.ts';
import { describeWith } from './lab.ts';
import { step } from './setup-go-cross-runner.ts';

// Which Go, where users of setup-go complain of another one than they meant.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-versions-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function module(name: string, files: Record<string, string>): string {
  const directory = mkdtempSync(join(folder, `${name}-`));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(directory, path), text);
  return directory;
}

describe('a local index with releases of its own', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let tools: string;
  beforeAll(async () => {
    tools = mkdtempSync(join(folder, 'tools-'));
    const { os, arch } = hostOf();
    const answers: Record<string, Buffer | string> = {};
    const releases = [];
    for (const version of ['1.99.1', '1.99.3', '1.98.7', '1.100rc1', '1.100rc2']) {
      const archive = await tarGz('go/', goroot(version));
      const filename = `go${version}.${os}-${arch}.tar.gz`;
      answers[`/${filename}`] = archive;
      const file = { filename, os, arch, kind: 'archive', sha256: sha256(archive), size: archive.length };
      releases.push({ version: `go${version}`, stable: !version.includes('rc'), files: [file] });
    }
    answers['/?mode=json&include=all'] = JSON.stringify(releases);
    server = await serve(fromMap(answers));
  });
  afterAll(() => server.close());

  /** The version that was set up; where there is none, the log says why. */
  async function installed(inputs: Record<string, string>): Promise<string> {
    const source = { 'go-download-base-url': server.url, 'toolchain-sources': 'tool-cache,mirror' };
    const env = { RUNNER_TOOL_CACHE: tools, GOTOOLCHAIN: undefined };
    const done = await step({ mode: 'setup', cache: 'false', ...source, ...inputs }, env);
    return done.code === 0 ? done.outputs['go-version']! : done.log;
  }

  test('go.mod pins a vulnerable patch: as it says, or with go-version-policy: patch the newest of its line', async () => {
    const directory = module('pinned', { 'go.mod': 'module example.com/m\n\ngo 1.99.1\n' });
    expect(await installed({ 'working-directory': directory })).toBe('1.99.1');
    const policy = { 'go-version-policy': 'patch', 'check-latest': 'true' };
    expect(await installed({ 'working-directory': directory, ...policy })).toBe('1.99.3');
  }, 60_000);

  test.each(['1.100.0-rc.2', '1.100rc2 in go.mod'])(
    'a release candidate: %s',
    async wanted => {
      const directory = module('rc', { 'go.mod': `module example.com/m\n\ngo ${wanted.replace(' in go.mod', '')}\n` });
      const inputs = wanted.endsWith('go.mod') ? { 'working-directory': directory } : { 'go-version': wanted };
      expect(await installed(inputs)).toBe('1.100rc2');
      expect(await installed({ ...inputs, 'toolchain-sources': 'tool-cache' })).toBe('1.100rc2');
      expect(readdirSync(join(tools, 'go'))).toContain('1.100.0-rc.2');
    },
    60_000,
  );
});

await describeWith('go', 'the real go command', lab => {
  // With no proxy it fails, and says which toolchain it was about to fetch: the one that we have to install.
  const cases: { name: string; file: 'go.mod' | 'go.work'; text: string; setting?: string }[] = [
    { name: 'a go line', file: 'go.mod', text: 'go 1.99.1' },
    { name: 'a go line without a patch', file: 'go.mod', text: 'go 1.99' },
    { name: 'a go line that names a candidate', file: 'go.mod', text: 'go 1.99rc1' },
    { name: 'a newer toolchain line', file: 'go.mod', text: 'go 1.99.1\ntoolchain go1.99.4' },
    { name: 'an older toolchain line', file: 'go.mod', text: 'go 1.99.4\ntoolchain go1.99.1' },
    { name: 'a toolchain line that names a candidate', file: 'go.mod', text: 'go 1.99rc1\ntoolchain go1.99rc3' },
    { name: 'a comment', file: 'go.mod', text: 'go 1.99.1 // as in CI' },
    { name: 'a workspace', file: 'go.work', text: 'go 1.99.5' },
    { name: 'a workspace with a toolchain line', file: 'go.work', text: 'go 1.99.1\ntoolchain go1.99.6' },
    { name: 'GOTOOLCHAIN=NAME', file: 'go.mod', text: 'go 1.99.1', setting: 'go1.97.3' },
    { name: 'GOTOOLCHAIN=NAME+auto, older than the file', file: 'go.mod', text: 'go 1.99.1', setting: 'go1.97.3+auto' },
    { name: 'GOTOOLCHAIN=NAME+auto, newer than the file', file: 'go.mod', text: 'go 1.99.1', setting: 'go1.99.9+auto' },
  ];
  test.each(cases)('would take the Go that we install: $name', async ({ file, text, setting = 'auto' }) => {
    const head = file === 'go.mod' ? 'module example.com/m\n\n' : '';
    const directory = module('as-go', { [file]: `${head}${text}\n` });
    const env = { ...process.env, GOTOOLCHAIN: setting, GOPROXY: 'off', GOFLAGS: '', GOWORK: '' };
    const { stderr } = await run([lab.go, 'version'], { cwd: directory, env, timeout: 30_000, accept: [1] });
    const [, theirs] = /download go(\S+) for /.exec(stderr) ?? [];
    expect(stderr).toMatch(/download go\S+ for /);
    const wanted = await findWanted({ version: undefined, file: undefined, directory, env: { GOTOOLCHAIN: setting } });
    expect(wanted).toMatchObject({ kind: 'exact', version: theirs });
  });

  test('is started once, for `go env -json`, and not at all by the post step', async () => {
    const settings = await run([lab.go, 'env', '-json', 'GOROOT', 'GOVERSION'], { timeout: 30_000 });
    const { GOROOT, GOVERSION } = JSON.parse(settings.stdout) as { GOROOT: string; GOVERSION: string };
    const version = GOVERSION.slice(2);
    const tools = mkdtempSync(join(folder, 'counted-'));
    const place = join(tools, 'go', version, process.arch);
    const started = join(tools, 'started');
    mkdirSync(join(place, 'bin'), { recursive: true });
    for (const name of readdirSync(GOROOT).filter(one => one !== 'bin'))
      symlinkSync(join(GOROOT, name), join(place, name));
    writeFileSync(
      join(place, 'bin/go'),
      `#!/bin/sh\necho "$*" >> '${started}'\nexec '${join(GOROOT, 'bin/go')}' "$@"\n`,
    );
    chmodSync(join(place, 'bin/go'), 0o755);
    writeFileSync(join(tools, 'go', version, `${process.arch}.complete`), '');
    const starts = () => readFileSync(started, 'utf8').trim().split('\n');

    const directory = module('counted', {
      'go.mod': `module example.com/counted\n\ngo ${version}\n`,
      'main.go': 'package main\n\nfunc main() {}\n',
    });
    const env = { RUNNER_TOOL_CACHE: tools, GOTOOLCHAIN: undefined, GOROOT };
    const inputs = { 'working-directory': directory, 'toolchain-sources': 'tool-cache' };
    const done = await step({ ...inputs, mode: 'setup' }, env);
    expect(done.log).toContain('from the tool cache');
    expect(done.code).toBe(0);
    expect((await step(inputs, env, done.state)).code).toBe(0);
    expect(starts()).toEqual(['env -json']);

    rmSync(started);
    const built = await step({ ...inputs, targets: 'linux/amd64', version: 'v1', sbom: 'false' }, env);
    expect(built.code).toBe(0);
    expect(starts().filter(line => line.startsWith('env'))).toEqual(['env -json']);
  }, 120_000);
});
