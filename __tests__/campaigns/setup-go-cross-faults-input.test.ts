import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { describeWith } from '../integration/lab.ts';
import { contentOf, dependency, goSum, machinesGo, put } from '../integration/setup-go-cross-faults.ts';
import { git, step } from '../integration/setup-go-cross-runner.ts';
import { serve } from '../setup-go-cross/server.ts';
import type { Files } from '../setup-go-cross/toolchain/archives.ts';

jest.setTimeout(60_000);

const main = 'package main\n\nfunc main() {}\n';
const needsDep = 'package main\n\nimport "example.com/dep"\n\nfunc main() { println(dep.Word) }\n';
const mod = (more = '', path = 'example.com/hello') => `module ${path}\n\ngo 1.21\n${more}`;
const require = '\nrequire example.com/dep v1.0.0\n';

await describeWith('go', 'a repository that cannot be built', lab => {
  let folder: string;
  let go: Awaited<ReturnType<typeof machinesGo>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-input-'));
    go = await machinesGo(lab.go, folder);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const build = (
    directory: string,
    inputs: Record<string, string> = {},
    env: Record<string, string | undefined> = {},
  ) =>
    step(
      { ...go.inputs, 'working-directory': directory, goproxy: 'off', targets: 'linux/amd64', ...inputs },
      { ...go.env, GOMODCACHE: join(folder, 'modules'), GIT_CEILING_DIRECTORIES: folder, ...env },
    );
  const make = (files: Files) => put(mkdtempSync(join(folder, 'program-')), files);
  const commit = async (directory: string) => {
    for (const args of [
      ['init', '-q'],
      ['add', '-A'],
      ['commit', '-q', '-m', 'one'],
    ])
      await git(directory, ...args);
  };
  /** Of the one annotation: the error, then the hint. */
  const errorOf = (log: string) => {
    const found = [...log.matchAll(/::error::(.*)/g)].map(([, text]) =>
      decodeURIComponent(text!.replace(/%(?!0A|0D|25)/g, '%25')),
    );
    expect(found).toHaveLength(1);
    return found[0]!;
  };

  const cases: { name: string; files: Files; inputs?: Record<string, string>; code: string; says: string[] }[] = [
    {
      name: 'a go.mod that wants a newer Go than go-version',
      files: { 'go.mod': 'module example.com/hello\n\ngo 1.99.0\n', 'main.go': main },
      code: 'GO_TOO_OLD',
      says: ['go.mod requires go >= 1.99.0', 'Set go-version to 1.99.0'],
    },
    {
      name: 'no main package, but one elsewhere',
      files: { 'go.mod': mod(), 'lib.go': 'package hello\n', 'cmd/app/main.go': main },
      code: 'NO_MAIN_PACKAGE',
      says: ['Set packages to one of: example.com/hello/cmd/app'],
    },
    {
      name: 'nothing but tests',
      files: { 'go.mod': mod(), 'main_test.go': 'package main\n' },
      code: 'NO_MAIN_PACKAGE',
      says: ['no main package matches "."'],
    },
    {
      name: 'no Go file at all',
      files: { 'go.mod': mod(), 'README.md': '' },
      code: 'NO_MAIN_PACKAGE',
      says: ['no Go files in', 'Set packages'],
    },
    {
      name: 'a program for another system only',
      files: { 'go.mod': mod(), 'main_windows.go': main },
      code: 'NO_FILES_FOR_TARGET',
      says: ['build constraints exclude all Go files', 'Set targets'.toLowerCase()],
    },
    {
      name: 'a syntax error',
      files: { 'go.mod': mod(), 'main.go': 'package main\n\nfunc main( {}\n' },
      code: 'GO_FAILED',
      says: ['main.go:3:12: syntax error'],
    },
    {
      name: 'no go.sum',
      files: { 'go.mod': mod(require), 'main.go': needsDep },
      code: 'GO_SUM_INCOMPLETE',
      says: ['main.go:3:8: missing go.sum entry', 'go mod tidy'],
    },
    {
      name: 'an import that go.mod does not require',
      files: { 'go.mod': mod(), 'main.go': needsDep },
      code: 'MODULE_NOT_REQUIRED',
      says: ['go get example.com/dep'],
    },
    {
      name: 'a vendor folder that does not fit',
      files: {
        'go.mod': mod(require),
        'main.go': needsDep,
        'vendor/modules.txt': '# example.com/dep v0.9.0\n## explicit\nexample.com/dep\n',
        'vendor/example.com/dep/dep.go': 'package dep\n\nconst Word = ""\n',
      },
      code: 'VENDOR_INCONSISTENT',
      says: ['example.com/dep@v1.0.0', 'go mod vendor'],
    },
    {
      name: 'a replace that leads nowhere',
      files: { 'go.mod': mod(`${require}\nreplace example.com/dep => ../nothing\n`), 'main.go': needsDep },
      code: 'REPLACE_MISSING',
      says: ['../nothing', 'replace line'],
    },
    {
      name: 'a go.mod that cannot be read',
      files: { 'go.mod': mod('surprise\n'), 'main.go': main },
      code: 'GO_MOD_INVALID',
      says: ['go.mod:4: unknown directive: surprise'],
    },
    {
      name: 'a module that is not there, and no proxy',
      files: { 'go.mod': mod(require), 'go.sum': goSum(dependency('dep')), 'main.go': needsDep },
      code: 'MODULE_PROXY_FAILED',
      says: ['module lookup disabled by GOPROXY=off', 'GOPROXY is off'],
    },
    {
      name: 'an output that is a folder',
      files: { 'go.mod': mod(), 'main.go': main, 'out/x': '' },
      inputs: { output: 'out' },
      code: 'OUTPUT_IS_FOLDER',
      says: ['/out', '{name}'],
    },
    {
      name: 'an output where the record goes',
      files: { 'go.mod': mod(), 'main.go': main },
      inputs: { output: 'slipway-out/SHA256SUMS' },
      code: 'OUTPUT_RESERVED',
      says: ['SHA256SUMS'],
    },
    {
      name: 'a package that would be a flag: nothing is started',
      files: { 'go.mod': mod(), 'main.go': main },
      inputs: { packages: '-toolexec=touch EXECUTED' },
      code: 'INPUT_INVALID',
      says: ['would be a flag of the go command'],
    },
    {
      name: 'a tag that is none',
      files: { 'go.mod': mod(), 'main.go': main },
      inputs: { tags: 'a -toolexec=touch' },
      code: 'INPUT_INVALID',
      says: ['cannot be a build tag'],
    },
  ];
  test.each(cases)('$name', async ({ files, inputs = {}, code, says }) => {
    const directory = make(files);
    const before = contentOf(directory);
    const done = await build(directory, inputs, { GOFLAGS: undefined, GOPROXY: undefined });
    expect(done.code).toBe(1);
    const error = errorOf(done.log);
    for (const text of [`[${code}]\n`, ...says]) expect(error).toContain(text);
    const left = contentOf(directory);
    delete left['slipway-out']; // the folder itself may be there, and is empty then
    expect(left).toEqual(before);
  });

  test('no Go as new as go.mod wants: the line, and the newest that there is', async () => {
    const index = await serve((_, response) =>
      response.end(
        JSON.stringify(
          ['1.26.9', '1.27rc1'].map(version => ({
            version: `go${version}`,
            files: ['amd64', 'arm64'].map(arch => ({
              filename: `go${version}.linux-${arch}.tar.gz`,
              os: 'linux',
              arch,
              kind: 'archive',
              sha256: '',
              size: 1,
            })),
          })),
        ),
      ),
    );
    const directory = make({ 'go.mod': 'module example.com/hello\n\ngo 1.99.0\n', 'main.go': main });
    const done = await build(directory, {
      'go-version': '',
      'toolchain-sources': 'tool-cache, mirror',
      'go-download-base-url': index.url,
    });
    await index.close();
    expect(done.code).toBe(1);
    const error = errorOf(done.log);
    expect(error).toContain('Go 1.99.0 (go.mod:3) cannot be had');
    expect(error).toContain('the newest that can be had is 1.26.9 [TOOLCHAIN_UNAVAILABLE]');
    expect(error).toContain('Ask for 1.26.9 or an older one in go.mod:3');
  });

  test('a private module without credentials: the module and both inputs are named', async () => {
    // Not a proxy: where git, and go’s own look at the host, are told that they may not.
    const host = await serve((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="private"' }).end(),
    );
    const env = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${host.url}/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://git.test/',
      GOPROXY: undefined,
    };
    const path = 'git.test/acme/priv.git';
    const directory = make({
      'go.mod': mod(`\nrequire ${path} v1.0.0\n`),
      'go.sum': `${path} v1.0.0 h1:${'A'.repeat(43)}=\n${path} v1.0.0/go.mod h1:${'A'.repeat(43)}=\n`,
      'main.go': `package main\n\nimport "${path}"\n\nfunc main() { println(priv.Word) }\n`,
    });
    const proxy = await serve((_, response) => response.writeHead(404).end());
    const ways: Record<string, string>[] = [
      { goproxy: proxy.url },
      { goproxy: `${proxy.url},direct` },
      { goproxy: 'direct', goprivate: 'git.test/*' },
      { goproxy: proxy.url, mode: 'setup', targets: '', goprivate: 'git.test', 'private-token': 'git.test=wrong-one' },
    ];
    for (const inputs of ways) {
      const done = await build(directory, inputs, env);
      expect(done.code).toBe(1);
      const error = errorOf(done.log);
      for (const text of ['[MODULE_UNAVAILABLE]', path, 'goprivate', 'private-token']) expect(error).toContain(text);
      if (inputs['goprivate'] !== undefined) expect(error).toContain(`GOPRIVATE is ${inputs['goprivate']}`);
    }
    await Promise.all([host.close(), proxy.close()]);
  });

  test('a repository without a commit is built, and the record says nothing that it cannot know', async () => {
    const directory = make({ 'go.mod': mod(), 'main.go': main });
    await git(directory, 'init', '-q');
    const done = await build(directory);
    expect(done).toMatchObject({ code: 0 });
    expect(done.log).toContain('the repository has no commit');
  });

  test('a shallow clone without tags: said, with what mends it', async () => {
    const origin = make({ 'go.mod': mod(), 'main.go': main });
    await commit(origin);
    await git(origin, 'tag', 'v1.4.0');
    writeFileSync(join(origin, 'more.go'), 'package main\n');
    await git(origin, 'add', '-A');
    await git(origin, 'commit', '-q', '-m', 'two');
    const shallow = join(folder, 'shallow');
    await run(['git', 'clone', '-q', '--depth=1', '--no-tags', `file://${origin}`, shallow], { timeout: 30_000 });
    const done = await build(shallow);
    expect(done).toMatchObject({ code: 0 });
    expect(done.log).toMatch(/::warning::the clone is shallow: .* version is v0\.0\.0-.*fetch-depth: 0/);
    expect((await build(origin)).log).not.toContain('shallow');
  });

  test('a tag v2 on a module without /v2: said', async () => {
    const directory = make({ 'go.mod': mod(), 'main.go': main });
    await commit(directory);
    await git(directory, 'tag', 'v2.1.0');
    const done = await build(directory);
    expect(done).toMatchObject({ code: 0 });
    expect(done.log).toMatch(
      /::warning::the version v2\.1\.0 does not fit the module example\.com\/hello: .*example\.com\/hello\/v2/,
    );
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('a checkout of another user (needs root, to become one): the line that mends it', async () => {
    const directory = make({ 'go.mod': mod(), 'main.go': main });
    await commit(directory);
    const nobody = 65_534;
    await run(['chown', '-R', `${nobody}:${nobody}`, directory], { timeout: 10_000 });
    const home = join(folder, 'home');
    mkdirSync(home);
    const env = { HOME: home, GIT_CONFIG_GLOBAL: join(home, 'gitconfig') };
    const done = await build(directory, { version: 'v1.0.0' }, env);
    expect(done.code).toBe(1);
    const error = errorOf(done.log);
    expect(error).toContain('[GIT_DUBIOUS_OWNERSHIP]');
    const [, line] = /(git config --global --add safe\.directory "[^"]+")/.exec(error)!;
    await run(['sh', '-c', line!], { env: { ...process.env, ...env }, timeout: 10_000 });
    expect(await build(directory, { version: 'v1.0.0' }, env)).toMatchObject({ code: 0 });
  });

  test('words that a shell, or go, would take apart: never', async () => {
    const directory = make({
      'go.mod': mod(),
      'sub dir/x': '',
      'main.go': 'package main\n\nvar a, version string\n\nfunc main() { println(a) }\n',
    });
    const canary = join(folder, 'EXECUTED');
    const evil = `$(touch ${canary})`;
    const done = await build(directory, {
      output: `sub dir/it's "{name}" $(touch ${canary});&`,
      ldflags: `-s '-X=main.a=${evil}; touch ${canary}'`,
    });
    expect(done.log).not.toContain('::error::');
    const [binary] = JSON.parse(done.outputs['binaries']!) as { path: string }[];
    expect(existsSync(binary!.path)).toBe(true);
    const { stderr } = await run([binary!.path], { timeout: 10_000 });
    expect(stderr).toBe(`${evil}; touch ${canary}\n`);
    expect(existsSync(canary)).toBe(false);
  });
});
