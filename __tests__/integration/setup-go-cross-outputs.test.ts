import { randomBytes } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { sectionsOf } from '../../src/setup-go-cross/outputs/sections.ts';
import { schemaErrors } from '../setup-go-cross/outputs/cyclonedx.ts';
import { describeWith } from './lab.ts';
import { git, type Step, step } from './setup-go-cross-runner.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-outputs-')));
afterAll(async () => {
  await run(['chmod', '-R', 'u+w', folder], { timeout: 30_000 });
  rmSync(folder, { recursive: true, force: true });
});

/** A repository with one commit and the tag v1.2.3, of the given files. */
async function repository(name: string, files: Record<string, string | Buffer>, parent = folder): Promise<string> {
  const directory = join(parent, name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  await commit(directory);
  return directory;
}

async function commit(directory: string): Promise<void> {
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['commit', '-q', '-m', 'one'],
    ['tag', 'v1.2.3'],
  ])
    await git(directory, ...args);
}

/** The smallest program that there is: what is tested is what comes after the compiler. */
const tiny = {
  'go.mod': 'module example.com/tiny\n\ngo 1.26\n',
  'main.go': 'package main\n\nfunc main() { println("tiny") }\n',
  LICENSE: 'MIT\n',
};
const filesOf = (directory: string) => readdirSync(join(directory, 'slipway-out')).sort();
const sums = (directory: string) =>
  run(['sha256sum', '--check', '--strict', '--quiet', 'SHA256SUMS'], {
    cwd: join(directory, 'slipway-out'),
    timeout: 30_000,
  });

await describeWith('go', 'what a build leaves behind', lab => {
  let tools: string | undefined;
  let version = '';

  /** The lab's Go as the runner's image has it. */
  async function toolCache(): Promise<string> {
    if (tools !== undefined) return tools;
    const goroot = (await run([lab.go, 'env', 'GOROOT'], { timeout: 30_000 })).stdout.trim();
    version = readFileSync(join(goroot, 'VERSION'), 'utf8').split('\n')[0]!.slice(2);
    tools = join(folder, 'tools');
    mkdirSync(join(tools, 'go', version), { recursive: true });
    symlinkSync(goroot, join(tools, 'go', version, process.arch));
    writeFileSync(join(tools, 'go', version, `${process.arch}.complete`), '');
    return tools;
  }

  async function build(
    directory: string,
    inputs: Record<string, string>,
    env: Record<string, string | undefined> = {},
    onLog?: Parameters<typeof step>[3],
  ): Promise<Step> {
    const cache = await toolCache();
    const own = { 'go-version': version, 'toolchain-sources': 'tool-cache', cache: 'false', mode: 'build' };
    return step(
      { ...own, targets: 'linux/amd64', 'working-directory': directory, ...inputs },
      { RUNNER_TOOL_CACHE: cache, GOTOOLCHAIN: undefined, GOFLAGS: undefined, ...env },
      undefined,
      onLog,
    );
  }

  const recordOf = (done: Step) => {
    if (done.code !== 0) throw new Error(done.log);
    return JSON.parse(readFileSync(done.outputs['release']!, 'utf8')) as ReleaseRecord;
  };

  test('archives, SBOMs, statement and sums, the same bytes wherever they are made', async () => {
    const inputs = { targets: 'linux/amd64,darwin/arm64,windows/amd64', archives: 'auto', 'archive-files': 'LICENSE' };
    const first = await repository('first', tiny);
    const done = await build(first, inputs);
    const record = recordOf(done);
    expect(filesOf(first)).toEqual([
      'SHA256SUMS',
      'provenance.intoto.json',
      'release.json',
      'tiny-darwin-arm64',
      'tiny-darwin-arm64.cdx.json',
      'tiny-linux-amd64',
      'tiny-linux-amd64.cdx.json',
      'tiny-windows-amd64.exe',
      'tiny-windows-amd64.exe.cdx.json',
      'tiny_1.2.3_darwin_arm64.tar.gz',
      'tiny_1.2.3_linux_amd64.tar.gz',
      'tiny_1.2.3_windows_amd64.zip',
    ]);
    await sums(first);
    const listed = readFileSync(join(first, 'slipway-out/SHA256SUMS'), 'utf8').trim().split('\n');
    expect(listed).toHaveLength(10);
    expect(record.provenance).toEqual(['provenance.intoto.json']);
    expect(JSON.parse(done.outputs['archives']!)).toHaveLength(3);
    expect(record.archives!.map(({ target, path }) => `${target} ${path}`)).toEqual([
      'linux/amd64 tiny_1.2.3_linux_amd64.tar.gz',
      'darwin/arm64 tiny_1.2.3_darwin_arm64.tar.gz',
      'windows/amd64 tiny_1.2.3_windows_amd64.zip',
    ]);
    expect(await git(first, 'status', '--porcelain')).toBe('');

    await unpacked(first, record);
    // What explains a difference reads every format: here are real files of them.
    const names = record.binaries.map(({ path }) => sectionsOf(readFileSync(join(first, 'slipway-out', path))));
    expect(names.map(sections => sections.some(({ name }) => /^(\.text|__text)$/.test(name)))).toEqual([
      true,
      true,
      true,
    ]);

    const second = await repository('second', tiny, mkdtempSync(join(folder, 'deeper-')));
    const again = await build(second, inputs, { TZ: 'Asia/Kathmandu' });
    expect(recordOf(again).archives).toEqual(record.archives);
    expect(readFileSync(join(second, 'slipway-out/SHA256SUMS'), 'utf8').trim().split('\n')).toEqual(listed);
  }, 180_000);

  /** tar and unzip see the program under its plain name, executable, and it runs. */
  async function unpacked(directory: string, record: ReleaseRecord): Promise<void> {
    const into = join(folder, 'unpacked');
    mkdirSync(into);
    const [linux, , windows] = record.archives!.map(({ path }) => join(directory, 'slipway-out', path));
    await run(['tar', '-xzf', linux!, '-C', into], { timeout: 20_000 });
    expect(readdirSync(into).sort()).toEqual(['LICENSE', 'tiny']);
    expect(sha256(readFileSync(join(into, 'tiny')))).toBe(record.binaries[0]!.sha256);
    expect((await run([join(into, 'tiny')], { timeout: 10_000 })).stderr).toBe('tiny\n');
    const { stdout } = await run(['unzip', '-Z1', windows!], { timeout: 20_000 });
    expect(stdout).toBe('tiny.exe\nLICENSE\n');
    await run(['unzip', '-tq', windows!], { timeout: 20_000 });
  }

  test('SBOM and statement are read by the libraries of those who made the formats', async () => {
    const directory = join(folder, 'consumer');
    cpSync(join(import.meta.dirname, 'outputs-consumer'), directory, { recursive: true });
    await commit(directory);
    const secret = 'hunter2-hunter2';
    const done = await build(
      directory,
      { ldflags: `-s -w -X main.key=${secret} -X main.where=${directory}` },
      {
        ...{ LICENSE_TOKEN: secret, GITHUB_ACTIONS: 'true', GITHUB_SERVER_URL: 'https://github.com' },
        ...{ GITHUB_REPOSITORY: 'acme/consumer', GITHUB_REF: 'refs/tags/v1.2.3', GITHUB_RUN_ID: '7' },
        GITHUB_WORKFLOW_REF: 'acme/consumer/.github/workflows/release.yml@refs/tags/v1.2.3',
      },
    );
    const { binaries, provenance, toolchain } = recordOf(done);
    const at = (path: string) => join(directory, 'slipway-out', path);
    const [program, sbom, statement] = [binaries[0]!.path, binaries[0]!.sbom!, provenance![0]!].map(at) as [
      string,
      string,
      string,
    ];
    const bom = JSON.parse(readFileSync(sbom, 'utf8'));
    expect(schemaErrors(bom)).toEqual([]);
    expect(bom.metadata.component.hashes[0].content).toBe(binaries[0]!.sha256);

    // The program that was built is the one that reads.
    const { stdout } = await run([program, sbom, statement], { timeout: 30_000 });
    const read = JSON.parse(stdout) as { purls: string[]; subjects: number; builder: string };
    expect(read.subjects).toBe(1);
    expect(read.builder).toBe('https://github.com/acme/consumer/.github/workflows/release.yml@refs/tags/v1.2.3');
    const said = await run([lab.go, 'version', '-m', '-json', program], { timeout: 30_000 });
    const { Deps, GoVersion } = JSON.parse(said.stdout) as {
      Deps: { Path: string; Version: string; Sum: string }[];
      GoVersion: string;
    };
    expect(Deps.length).toBeGreaterThan(2);
    const expected = Deps.map(({ Path, Version }) => `pkg:golang/${Path.toLowerCase()}@${Version}`);
    expect(read.purls.toSorted()).toEqual([...expected, `pkg:golang/stdlib@${GoVersion.replace('go', '')}`].sort());

    const text = readFileSync(statement, 'utf8');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(folder);
    const { resolvedDependencies, internalParameters } = JSON.parse(text).predicate.buildDefinition;
    expect(resolvedDependencies).toContainEqual({
      name: 'source',
      uri: 'git+https://github.com/acme/consumer@refs/tags/v1.2.3',
      digest: { gitCommit: await git(directory, 'rev-parse', 'HEAD') },
    });
    const hex = (sum: string) => Buffer.from(sum.slice(3), 'base64').toString('hex');
    for (const { Sum } of Deps)
      expect(resolvedDependencies).toContainEqual(expect.objectContaining({ digest: { dirHash: hex(Sum) } }));
    expect(resolvedDependencies[1].digest).toEqual({ dirHash: hex(toolchain!.hash) });
    expect(internalParameters.commands[0].argv).toContain('-ldflags=-s -w -X main.key=*** -X main.where=.');
  }, 180_000);

  test('embedded files have their sha256; what is not in git is named', async () => {
    const files = {
      ...tiny,
      '.gitignore': 'dist/\n',
      'main.go':
        'package main\n\nimport (\n\t_ "embed"\n\n\t"example.com/tiny/web"\n)\n\n//go:embed LICENSE\nvar license string\n\nfunc main() { println(license, web.App) }\n',
      'web/web.go': 'package web\n\nimport _ "embed"\n\n//go:embed dist/app.js\nvar App string\n',
      'web/web_windows.go': 'package web\n\nimport _ "embed"\n\n//go:embed windows.txt\nvar note string\n',
      'web/windows.txt': 'only there\n',
      'web/dist/app.js': 'let app\n',
      'unused/unused.go': 'package unused\n\nimport _ "embed"\n\n//go:embed unused.txt\nvar x string\n',
      'unused/unused.txt': 'no\n',
    };
    const directory = await repository('embedding', files);
    const done = await build(directory, { targets: 'linux/amd64,windows/amd64' });
    const { binaries } = recordOf(done);
    const common = [
      { path: 'LICENSE', sha256: sha256('MIT\n') },
      { path: 'web/dist/app.js', sha256: sha256('let app\n'), ignored: true },
    ];
    expect(binaries[0]!.embedded).toEqual(common);
    expect(binaries[1]!.embedded).toEqual([...common, { path: 'web/windows.txt', sha256: sha256('only there\n') }]);
    expect(done.log).toContain('::warning::embedded, but not in git: web/dist/app.js;');
    const statement = readFileSync(join(directory, 'slipway-out/provenance.intoto.json'), 'utf8');
    expect(JSON.parse(statement).predicate.buildDefinition.resolvedDependencies).toContainEqual({
      name: 'web/dist/app.js',
      digest: { sha256: sha256('let app\n') },
    });
  }, 120_000);

  describe('reproducible: check', () => {
    const temp = () => readdirSync(tmpdir()).filter(name => name.startsWith('slipway-again-'));

    test('the same bytes from a copy, with an empty cache; ignored files go along, tokens of git do not', async () => {
      const main = 'package main\n\nfunc main() { println(word) }\n';
      const directory = await repository('again', { ...tiny, 'main.go': main, '.gitignore': 'generated.go\n' });
      writeFileSync(join(directory, 'generated.go'), 'package main\n\nconst word = "generated"\n');
      await git(directory, 'config', 'http.extraheader', 'AUTHORIZATION: basic c2VjcmV0');
      const runnerTemp = mkdtempSync(join(folder, 'temp-'));
      let seen = '';
      const done = await build(directory, { reproducible: 'check' }, { RUNNER_TEMP: runnerTemp }, log => {
        const copy = /building again in (\S+),/.exec(log)?.[1];
        if (seen === '' && copy !== undefined) seen = readFileSync(join(copy, '.git/config'), 'utf8');
      });
      expect(recordOf(done).binaries[0]).toMatchObject({ reproducible: true });
      expect(done.summary).toContain('| yes |');
      expect(seen).toContain('[core]');
      expect(seen).not.toContain('extraheader');
      expect(readdirSync(runnerTemp)).toEqual([]);
    }, 180_000);

    test('a program that holds its folder: an error that says where, nothing is left', async () => {
      const directory = await repository('leaky', tiny);
      const before = temp();
      const done = await build(
        directory,
        { reproducible: 'check', trimpath: 'false', archives: 'zip' },
        { RUNNER_TEMP: undefined },
      );
      expect(done.code).toBe(1);
      expect(done.log).toContain('[NOT_REPRODUCIBLE]');
      expect(done.log).toContain(`it holds the path of the folder that it was built in (${directory}`);
      expect(done.log).toContain('Set trimpath: true');
      expect(filesOf(directory)).toEqual([]);
      expect(temp()).toEqual(before);
    }, 180_000);
  });

  describe('nothing half made', () => {
    /** Random bytes that take a while to pack. */
    const large = (megabytes: number) => randomBytes(megabytes * 1024 * 1024);

    test('killed while it packs: no archive, no program, no record; the next run goes through', async () => {
      const directory = await repository('killed', { ...tiny, 'large.bin': large(24) });
      const out = join(directory, 'slipway-out');
      const inputs = { archives: 'tar.gz', 'archive-files': 'large.bin' };
      const packing = () => existsSync(out) && readdirSync(out).some(name => existsSync(join(out, name, 'archive-0')));
      let watch: NodeJS.Timeout | undefined;
      const killed = await build(directory, inputs, {}, (_, child) => {
        watch ??= setInterval(() => {
          if (packing()) child.kill('SIGKILL');
        }, 5);
      });
      clearInterval(watch);
      expect(killed.code).toBe(-1);
      const left = filesOf(directory);
      expect(left.filter(name => !name.startsWith('building-'))).toEqual([]);
      expect(left).toHaveLength(1); // it was in the middle of it

      expect((await build(directory, inputs)).code).toBe(0);
      await sums(directory);
    }, 120_000);

    test('a missing file of archive-files: nothing is built', async () => {
      const directory = await repository('missing', tiny);
      const done = await build(directory, { archives: 'zip', 'archive-files': 'NOTICE' });
      expect(done.code).toBe(1);
      expect(done.log).toContain('[ARCHIVE_FILE_MISSING]');
      expect(done.log).not.toContain('go build');
    }, 60_000);

    const asRoot = process.getuid?.() === 0 ? test : test.skip;
    asRoot(
      'a full disk (needs root to make one): an error that says so, nothing is left',
      async () => {
        const disk = mkdtempSync(join(folder, 'disk-'));
        await run(['mount', '-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk], { timeout: 10_000 });
        try {
          // Sources and git's copy of them take 8 MB, the program 2: the archive no longer fits.
          const directory = await repository('full', { ...tiny, 'large.bin': large(4) }, disk);
          const done = await build(directory, { archives: 'tar.gz', 'archive-files': 'large.bin' });
          expect(done.code).toBe(1);
          expect(done.log).toMatch(/writing \S+tiny_1\.2\.3_linux_amd64\.tar\.gz: .*ENOSPC.*\[DISK\]/);
          expect(filesOf(directory)).toEqual([]);
        } finally {
          await run(['umount', disk], { timeout: 10_000 });
        }
      },
      60_000,
    );
  });
});
