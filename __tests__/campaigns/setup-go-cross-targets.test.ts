import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
// @ts-expect-error: the lab is plain JavaScript
import { cacheRoot } from '../../scripts/lab/paths.mjs';
import { readGoBinary } from '../../src/core/binary/index.ts';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { formatTarget, goEnvironment, parseTarget } from '../../src/core/target.ts';
import { cgoSupported, knownTargets, knownVariants, variants } from '../../src/core/target-table.ts';
import { assertBuildable, type BuildMode, needsCgo } from '../../src/setup-go-cross/build/buildmode.ts';
import { describeWith } from '../integration/lab.ts';
import { type Step, step } from '../integration/setup-go-cross-runner.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-targets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with these files; a program is as small as one can be, so that a cold build compiles the runtime only. */
function files(name: string, contents: Record<string, string>): string {
  const directory = mkdtempSync(join(folder, `${name}-`));
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}
const program = 'package main\n\nfunc main() { println("hello") }\n';
const module = (name: string) => `module example.com/${name}\n\ngo 1.26\n`;
const recordOf = (done: Step) => JSON.parse(readFileSync(done.outputs['release']!, 'utf8')) as ReleaseRecord;
const outFiles = (directory: string) =>
  existsSync(join(directory, 'slipway-out')) ? readdirSync(join(directory, 'slipway-out')).sort() : [];

await describeWith('go', 'targets with the real go command', lab => {
  /** Kept from one run of the tests to the next: how Go is installed is not what these are about. */
  const tools = join(cacheRoot(), 'tools');
  let version: string;
  const act = (directory: string, inputs: Record<string, string>, env: Record<string, string | undefined> = {}) =>
    step(
      { 'working-directory': directory, 'go-version': version, cache: 'false', sbom: 'false', ...inputs },
      { RUNNER_TOOL_CACHE: tools, GOTOOLCHAIN: undefined, GOFLAGS: '', ...env },
    );
  const go = async (args: string[], env: Record<string, string> = {}, cwd = folder) =>
    run([lab.go, ...args], {
      cwd,
      timeout: 120_000,
      env: { ...process.env, GOTOOLCHAIN: 'local', GOFLAGS: '', ...env },
    });

  beforeAll(async () => {
    version = (await go(['env', 'GOVERSION'])).stdout.trim().slice(2);
  }, 120_000);

  describe('our tables are Go’s own', () => {
    test('targets and cgo: go tool dist list -json', async () => {
      const { stdout } = await go(['tool', 'dist', 'list', '-json']);
      const list = JSON.parse(stdout) as { GOOS: string; GOARCH: string; CgoSupported: boolean }[];
      expect([...knownTargets].sort()).toEqual(list.map(({ GOOS, GOARCH }) => `${GOOS}/${GOARCH}`).sort());
      const withCgo = list.filter(one => one.CgoSupported).map(({ GOOS, GOARCH }) => `${GOOS}/${GOARCH}`);
      expect(knownTargets.filter(known => cgoSupported(parseTarget(known))).sort()).toEqual(withCgo.sort());
    }, 120_000);

    test('variants: the compiler takes each, and not the one that would come next', async () => {
      const file = join(files('variant', { 'x.go': 'package x\n' }), 'x.go');
      const takes = (env: Record<string, string>) =>
        go(['tool', 'compile', '-p=x', '-o', `${file}.o`, file], env).then(
          () => true,
          () => false,
        );
      for (const known of knownVariants.filter(name => name.startsWith('linux/')))
        expect([known, await takes(goEnvironment(parseTarget(known)))]).toEqual([known, true]);
      // GOARM and GOAMD64 are looked at by the assembler and the runtime only.
      const beyond = {
        arm64: 'v9.6',
        '386': 'x87',
        mips: 'none',
        mips64: 'none',
        ppc64: 'power7',
        riscv64: 'rva24u64',
      };
      for (const [arch, value] of Object.entries(beyond))
        expect(await takes({ GOOS: 'linux', GOARCH: arch, [variants[arch]!.variable]: value })).toBe(false);
    }, 120_000);

    test('build modes, and what only a C compiler links: internal/platform of this Go, run', async () => {
      const platform = join((await go(['env', 'GOROOT'])).stdout.trim(), 'src/internal/platform');
      const directory = files('platform', {
        'go.mod': module('platform'),
        'main.go': `package main

import "fmt"

func main() {
	for _, p := range List {
		for _, mode := range []string{"default", "exe", "pie", "c-shared", "c-archive"} {
			fmt.Println(p.GOOS+"/"+p.GOARCH, mode, BuildModeSupported("gc", mode, p.GOOS, p.GOARCH),
				MustLinkExternal(p.GOOS, p.GOARCH, false), InternalLinkPIESupported(p.GOOS, p.GOARCH))
		}
	}
}
`,
      });
      for (const file of ['supported.go', 'zosarch.go'])
        writeFileSync(
          join(directory, file),
          readFileSync(join(platform, file), 'utf8').replace(/^package platform$/m, 'package main'),
        );
      const { stdout } = await go(['run', '.'], {}, directory);
      const rows = stdout
        .trim()
        .split('\n')
        .map(line => line.split(' ') as [string, string, string, string, string]);
      const known = rows.filter(([pair]) => knownTargets.includes(pair));
      expect(known).toHaveLength(knownTargets.length * 5);
      for (const [pair, name, has, external, pie] of known) {
        const [target, mode] = [parseTarget(pair), name === 'default' ? undefined : (name as BuildMode)];
        const compiled =
          external === 'true' ||
          name === 'c-archive' ||
          (name === 'c-shared' && pair !== 'wasip1/wasm') ||
          (name === 'pie' && pie === 'false');
        const refused = () => assertBuildable([target], mode, true);
        if (has === 'false') expect(refused).toThrow(expect.objectContaining({ code: 'BUILDMODE_UNSUPPORTED' }));
        else expect([pair, name, needsCgo(target, mode)]).toEqual([pair, name, compiled]);
      }
    }, 120_000);
  });

  describe('a variant of each architecture, and systems without ELF', () => {
    const built = [
      'plan9/arm/v5',
      'linux/amd64/v2',
      'linux/arm64/v8.1',
      'linux/386/softfloat',
      'linux/mipsle/softfloat',
      'linux/mips64/softfloat',
      'aix/ppc64/power9',
      'linux/riscv64/rva22u64',
      'wasip1/wasm',
    ];
    let directory: string;
    let done: Step;
    beforeAll(async () => {
      directory = files('variants', { 'go.mod': module('tiny'), 'main.go': program });
      done = await act(directory, { targets: `${built.join('\n')}\nraspberry-pi:zero` });
      if (done.code !== 0) throw new Error(done.log);
    }, 600_000);

    test('all-linux: every architecture that this Go has for Linux, in one run, each read back', async () => {
      const { stdout } = await go(['tool', 'dist', 'list']);
      const pairs = stdout.split('\n').filter(pair => pair.startsWith('linux/'));
      const expected = pairs.flatMap(pair => (pair === 'linux/arm' ? ['linux/arm/v6', 'linux/arm/v7'] : [pair]));
      const all = files('all-linux', { 'go.mod': module('tiny'), 'main.go': program });
      const done = await act(all, { targets: 'all-linux' });
      expect([done.code, done.log]).toEqual([0, expect.stringContaining(`${expected.length} binaries`)]);
      const read = await Promise.all(
        recordOf(done).binaries.map(
          async ({ path, target }) => [target, await readGoBinary(join(all, 'slipway-out', path))] as const,
        ),
      );
      expect(read.map(([target]) => target).sort()).toEqual(expected.sort());
      for (const [target, binary] of read) expect([target, formatTarget(binary.target)]).toEqual([target, target]);
    }, 600_000);

    test('each is built, and read back as what was asked for', async () => {
      const { binaries } = recordOf(done);
      expect(binaries.map(one => one.target)).toEqual([...built, 'linux/arm/v6']);
      for (const { path, target } of binaries) {
        const binary = await readGoBinary(join(directory, 'slipway-out', path));
        expect([target, formatTarget(binary.target)]).toEqual([target, target]);
      }
      expect(binaries.map(one => one.path)).toContain('tiny-wasip1-wasm.wasm');
      expect(binaries.at(-1)).toMatchObject({ machines: ['raspberry-pi:zero'] });
    });

    // -toolexec changes what the linker wrote, between the compiler and the reader: a faulty tool, a wrong cache.
    const faults: { name: string; target: string; fault: string; says: string }[] = [
      {
        name: 'the program for another target',
        target: 'linux/arm/v6',
        fault: 'cp "$OUT/tiny-plan9-armv5" "$o"',
        says: 'target is plan9/arm/v5, the plan says linux/arm/v6',
      },
      {
        name: 'one byte of the variant changed',
        target: 'linux/arm/v6',
        fault: 'sed -i s/GOARM=6/GOARM=7/ "$o"',
        says: 'target is linux/arm/v7, the plan says linux/arm/v6',
      },
    ];
    test.each(faults)(
      'refused: $name',
      async ({ target, fault, says }) => {
        const tool = join(files('tool', { 'toolexec.sh': toolexec(fault) }), 'toolexec.sh');
        const other = files('swapped', { 'go.mod': module('tiny'), 'main.go': program });
        const refused = await act(
          other,
          { targets: target },
          { GOFLAGS: `"-toolexec=sh ${tool}"`, OUT: join(directory, 'slipway-out') },
        );
        expect(refused.log).toContain(says);
        expect(refused.log).toContain('[BINARY_NOT_AS_PLANNED]');
        expect(refused.code).toBe(1);
        expect(outFiles(other)).toEqual([]);
      },
      120_000,
    );

    const wasi = `
import { readFile } from 'node:fs/promises';
import { WASI } from 'node:wasi';
const wasi = new WASI({ version: 'preview1', args: ['tiny'] });
const module = await WebAssembly.compile(await readFile(process.argv[2]));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
`;
    test('the program for WASI runs', async () => {
      const script = join(files('wasi', { 'run.mjs': wasi }), 'run.mjs');
      const path = join(directory, 'slipway-out/tiny-wasip1-wasm.wasm');
      const { stderr } = await run([process.execPath, '--no-warnings', script, path], { timeout: 30_000 });
      expect(stderr).toBe('hello\n'); // println writes to stderr
    }, 40_000);
  });

  test('pie, and a library for WASI, need no C compiler', async () => {
    const library =
      'package main\n\n//go:wasmexport add\nfunc add(a, b int32) int32 { return a + b }\n\nfunc main() {}\n';
    const directory = files('modes', { 'go.mod': module('tiny'), 'main.go': library });
    const pie = await act(directory, { targets: 'linux/amd64', buildmode: 'pie' });
    expect(pie.log).toContain('-buildmode=pie');
    const reactor = await act(directory, { targets: 'wasip1/wasm', buildmode: 'c-shared' });
    const read = (name: string) => readGoBinary(join(directory, 'slipway-out', name));
    expect([pie.code, reactor.code]).toEqual([0, 0]);
    expect(await read('tiny-linux-amd64')).toMatchObject({
      layout: 'pie',
      buildinfo: { settings: { '-buildmode': 'pie' } },
    });
    expect(await read('tiny-wasip1-wasm.wasm')).toMatchObject({ layout: 'library' });
    const refused = await act(directory, { targets: 'linux/amd64', buildmode: 'c-shared' });
    expect(refused.log).toContain('[CGO_NEEDED]');
    expect(refused.log).toContain('Set cgo to gcc or zig');
  }, 300_000);

  describe('a workspace of two modules with three programs', () => {
    const workspace = () =>
      files('workspace', {
        'go.work': `go 1.26.0\n\ntoolchain go${version}\n\nuse (\n\t./cmd\n\t./svc\n)\n`,
        'cmd/go.mod': module('cmd'),
        'cmd/tool/main.go': program,
        'cmd/tray/tray_wasip1.go': program,
        'svc/go.mod': `${module('svc')}\nrequire example.com/cmd v0.0.0\n`,
        'svc/api/main.go': 'package main\n\nimport "example.com/cmd/greet"\n\nfunc main() { println(greet.Word) }\n',
        'cmd/greet/greet.go': 'package greet\n\nconst Word = "hi"\n',
      });
    const inputs = { packages: './cmd/...,./svc/...', targets: 'linux/amd64/v2,wasip1/wasm', 'go-version': '' };

    test('patterns over both modules: what a target has is built, and what it lacks is said', async () => {
      const directory = workspace();
      const done = await act(directory, inputs);
      expect(done.log).toContain('example.com/cmd/tray is not built for linux/amd64/v2');
      expect(done).toMatchObject({ code: 0, outputs: { 'go-version': version } });
      expect(recordOf(done).binaries.map(({ package: path, target }) => `${path} ${target}`)).toEqual([
        'example.com/cmd/tool linux/amd64/v2',
        'example.com/svc/api linux/amd64/v2',
        'example.com/cmd/tool wasip1/wasm',
        'example.com/svc/api wasip1/wasm',
        'example.com/cmd/tray wasip1/wasm',
      ]);
    }, 240_000);

    test('a program that was named must be there for every target', async () => {
      const directory = workspace();
      const done = await act(directory, { ...inputs, packages: './cmd/tray' });
      expect(done.code).toBe(1);
      expect(done.log).toContain(
        'all Go files of example.com/cmd/tray for linux/amd64/v2; it has some for wasip1/wasm',
      );
      expect(done.log).toContain('[NO_FILES_FOR_TARGET]');
    }, 120_000);

    test('a target without any program is named', async () => {
      const directory = workspace();
      const done = await act(directory, { ...inputs, packages: './cmd/tray/...' });
      expect(done.log).toContain('no main package matches "./cmd/tray/..." for linux/amd64/v2');
      expect(done.log).toContain('[NO_MAIN_PACKAGE]');
    }, 120_000);

    test('two programs of one name collide before anything is built', async () => {
      const directory = workspace();
      cpSync(join(directory, 'cmd/tool'), join(directory, 'svc/tool'), { recursive: true });
      const done = await act(directory, inputs);
      expect(done.code).toBe(1);
      expect(done.log).toContain('[OUTPUT_COLLISION]');
      expect(done.log).toContain('example.com/cmd/tool for linux/amd64/v2 and example.com/svc/tool for linux/amd64/v2');
      expect(outFiles(directory)).toEqual([]);
    }, 120_000);

    test('plan in shards, a job each, merge: nothing is lost, and what is missing is seen', async () => {
      const directory = workspace();
      const plan = await act(directory, {
        ...inputs,
        mode: 'plan',
        shards: '2',
        targets: 'linux/amd64/v2,linux/arm/v6,wasip1/wasm',
      });
      const { include } = JSON.parse(plan.outputs['matrix']!) as { include: Record<string, string>[] };
      expect(include.map(({ name }) => name)).toEqual(['shard-1', 'shard-2']);
      const collected = files('collected', {});
      for (const { name, targets, packages } of include) {
        const job = workspace();
        const done = await act(job, { targets: targets!, packages: packages!, 'go-version': '' });
        expect([done.code, done.log]).toEqual([0, expect.any(String)]);
        cpSync(join(job, 'slipway-out'), join(collected, 'slipway-out', name!), { recursive: true });
      }
      const all = 'linux/amd64/v2,linux/arm/v6,wasip1/wasm';
      const merge = (targets: string) =>
        act(collected, { mode: 'merge', targets, release: 'slipway-out/*/release*.json', 'go-version': '' });
      const merged = await merge(all);
      expect(merged.code).toBe(0);
      expect(recordOf(merged).binaries).toHaveLength(7);
      const sums = join(collected, 'slipway-out');
      await run(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: sums, timeout: 30_000 });
      const short = await merge(`${all},darwin/arm64`);
      expect(short.log).toContain('no record has a binary for darwin/arm64');
      expect(short.log).toContain('[TARGET_MISSING]');
    }, 240_000);
  });

  test('plan asks the go on PATH, and does without one', async () => {
    const directory = files('plan', { 'go.mod': module('tiny') });
    const older = files('older', {
      go: '#!/bin/sh\necho \'[{"GOOS":"linux","GOARCH":"amd64","CgoSupported":true}]\'\n',
    });
    await run(['chmod', '+x', join(older, 'go')], { timeout: 10_000 });
    const inputs = { mode: 'plan', targets: 'linux/amd64,linux/loong64' };
    const refused = await act(directory, inputs, { PATH: `${older}:${process.env['PATH']}` });
    expect(refused.log).toContain('the go on PATH does not build for linux/loong64');
    expect(refused.log).toContain('[TARGET_UNSUPPORTED]');
    const without = await act(directory, inputs, { PATH: '/nowhere' });
    expect(JSON.parse(without.outputs['matrix']!).include).toHaveLength(2);
  }, 120_000);
});

/** A tool between go and its linker: `fault` is done to the program `$o` after it was linked. */
const toolexec = (fault: string) => `tool=$1
"$@" || exit
case $tool in */link) ;; *) exit 0 ;; esac
case "$2" in -V*) exit 0 ;; esac
while [ $# -gt 0 ]; do [ "$1" = -o ] && o=$2; shift; done
${fault}
`;

await describeWith('package:gcc', 'libraries for C', () => {
  const source = `package main

import "C"

//export Twice
func Twice(x C.int) C.int { return 2 * x }

func main() {}
`;
  const caller =
    '#include <stdio.h>\n#include "twice-linux-amd64.h"\nint main(void) { printf("%d\\n", Twice(21)); return 0; }\n';

  test.each(['c-shared', 'c-archive'])(
    '%s: header beside it and in the archive, read back, and called from C',
    async buildmode => {
      const directory = files('library', { 'go.mod': module('twice'), 'main.go': source, 'c/main.c': caller });
      const library = { targets: 'linux/amd64', buildmode, cgo: 'gcc', archives: 'tar.gz' };
      const inputs = { ...library, cache: 'false', 'working-directory': directory };
      const env = { RUNNER_TOOL_CACHE: join(cacheRoot(), 'tools'), GOTOOLCHAIN: undefined, GOFLAGS: '' };
      const done = await step(inputs, env);
      expect([done.code, done.log]).toEqual([0, expect.any(String)]);
      const extension = buildmode === 'c-shared' ? '.so' : '.a';
      const [binary] = recordOf(done).binaries;
      expect(binary).toMatchObject({ path: `twice-linux-amd64${extension}`, header: 'twice-linux-amd64.h' });
      const out = join(directory, 'slipway-out');
      const { layout, buildinfo } = await readGoBinary(join(out, binary!.path));
      expect([layout, buildinfo.settings['-buildmode']]).toEqual([
        buildmode === 'c-shared' ? 'library' : 'archive',
        buildmode,
      ]);
      const packed = JSON.parse(done.outputs['archives']!) as { path: string }[];
      const { stdout } = await run(['tar', '-tzf', packed[0]!.path], { timeout: 10_000 });
      expect(stdout.split('\n').slice(0, 2)).toEqual([`twice${extension}`, 'twice.h']);
      const linked = join(directory, 'caller');
      await run(['gcc', '-I', out, '-o', linked, join(directory, 'c/main.c'), join(out, binary!.path), '-lpthread'], {
        timeout: 60_000,
      });
      expect((await run([linked], { timeout: 10_000 })).stdout).toBe('42\n');
    },
    240_000,
  );
});
