import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readGoBinary } from '../../src/core/binary/index.ts';
import { readLinkage } from '../../src/core/binary/linkage.ts';
import { sha256File } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { withoutCgo } from '../../src/setup-go-cross/cgo/choose.ts';
import { findProgram } from '../../src/setup-go-cross/cgo/compiler.ts';
import { describeWith } from '../integration/lab.ts';
import { git, type Step, step } from '../integration/setup-go-cross-runner.ts';

// A program with C code that uses its C library (printf of floats, sqrt, malloc), for the machine and for four others.
const source = `package main

/*
#cgo LDFLAGS: -lm
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
static char *report(unsigned n, double x) {
	unsigned steps = 0;
	for (; n != 1; steps++) n = n % 2 ? 3 * n + 1 : n / 2;
	char *text = malloc(64);
	snprintf(text, 64, "%u steps, root %.6f", steps, sqrt(x));
	return text;
}
*/
import "C"

import "runtime"

func main() {
	println(runtime.GOARCH + ": " + C.GoString(C.report(27, 2)))
}
`;
// Seconds in quiet; on a busy machine the compilers of several steps take turns.
jest.setTimeout(300_000);
const said = '111 steps, root 1.414214';

await describeWith(
  [
    'go',
    'package:gcc',
    'package:libc6-dev',
    'package:binutils',
    'package:qemu-user-static',
    'package:gcc-aarch64-linux-gnu',
    'package:libc6-dev-arm64-cross',
    'package:gcc-arm-linux-gnueabi',
    'package:libc6-dev-armel-cross',
    'package:gcc-arm-linux-gnueabihf',
    'package:libc6-dev-armhf-cross',
  ],
  'cgo: gcc',
  lab => {
    const host = process.arch === 'x64' ? 'amd64' : 'arm64';
    let folder: string;
    let mixed: string;
    let version: string;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'slipway-cgo-'));
      const goroot = (await run([lab.go, 'env', 'GOROOT'], { timeout: 60_000 })).stdout.trim();
      version = readFileSync(join(goroot, 'VERSION'), 'utf8').split('\n')[0]!.slice(2);
      mkdirSync(join(folder, 'tools/go', version), { recursive: true });
      symlinkSync(goroot, join(folder, 'tools/go', version, process.arch));
      writeFileSync(join(folder, 'tools/go', version, `${process.arch}.complete`), '');
      mixed = await module('mixed', { 'main.go': source });
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    async function module(name: string, files: Record<string, string>): Promise<string> {
      const directory = join(folder, name);
      mkdirSync(directory);
      writeFileSync(join(directory, 'go.mod'), `module example.com/${name}\n\ngo 1.24\n`);
      for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text);
      for (const words of ['init -q', 'add -A', 'commit -q -m one']) await git(directory, ...words.split(' '));
      return directory;
    }
    const build = (directory: string, inputs: Record<string, string>, env: Record<string, string> = {}) =>
      step(
        {
          'go-version': version,
          'toolchain-sources': 'tool-cache',
          cache: 'false',
          cgo: 'gcc',
          'working-directory': directory,
          ...inputs,
        },
        { RUNNER_TOOL_CACHE: join(folder, 'tools'), GOTOOLCHAIN: undefined, CC: undefined, CXX: undefined, ...env },
      );
    const refused = (done: Step, directory: string, code: string) => {
      expect(done.log).toContain(`[${code}]`);
      expect(done.code).toBe(1);
      const out = join(directory, 'slipway-out');
      expect(existsSync(out) ? readdirSync(out).filter(name => name.includes('linux')) : []).toEqual([]);
    };
    const nativeTarget = `linux/${host}`;

    describe('one program for five targets', () => {
      const targets: { target: string; compiler: string; start: string[] }[] = [
        { target: nativeTarget, compiler: 'gcc', start: [] },
        ...(host === 'arm64'
          ? []
          : [{ target: 'linux/arm64', compiler: 'aarch64-linux-gnu-gcc', start: ['qemu-aarch64-static'] }]),
        {
          target: 'linux/arm/v5',
          compiler: 'arm-linux-gnueabi-gcc',
          start: ['qemu-arm-static', '-cpu', 'arm926'],
        },
        {
          target: 'linux/arm/v6',
          compiler: 'arm-linux-gnueabi-gcc',
          start: ['qemu-arm-static', '-cpu', 'arm1176'],
        },
        {
          target: 'linux/arm/v7',
          compiler: 'arm-linux-gnueabihf-gcc',
          start: ['qemu-arm-static', '-cpu', 'cortex-a7'],
        },
      ];
      let done: Step;
      let record: ReleaseRecord;
      beforeAll(async () => {
        done = await build(mixed, { targets: targets.map(({ target }) => target).join(',') });
        if (done.code !== 0) throw new Error(done.log);
        record = JSON.parse(readFileSync(done.outputs['release']!, 'utf8')) as ReleaseRecord;
      }, 600_000);
      const fileOf = (target: string) =>
        join(mixed, 'slipway-out', record.binaries.find(one => one.target === target)!.path);

      test.each(targets)('$target runs, on the oldest processor that it names', async ({ target, start }) => {
        const [program, ...args] = [...start, fileOf(target)];
        const { stderr } = await run([program!, ...args], { timeout: 60_000 });
        expect(stderr).toBe(`${target.split('/')[1]}: ${said}\n`);
      });

      test.each(targets)(
        '$target says CGO_ENABLED=1 and is static, by our reader and by readelf',
        async ({ target }) => {
          const { buildinfo } = await readGoBinary(fileOf(target));
          expect(buildinfo.settings).toMatchObject({ CGO_ENABLED: '1', '-tags': 'netgo,osusergo' });
          expect(await readLinkage(fileOf(target))).toMatchObject({ interpreter: undefined, libraries: [] });
          const { stdout } = await run(['readelf', '--wide', '-l', '-d', fileOf(target)], { timeout: 30_000 });
          expect(stdout).not.toMatch(/INTERP|NEEDED/);
        },
      );

      test.each([
        ['linux/arm/v5', 4, 'v5TE', false],
        ['linux/arm/v6', 6, 'v6', false],
        ['linux/arm/v7', 10, 'v7', true],
      ])('the C library in %s is made for its processor', async (target, cpu, name, hardFloat) => {
        expect((await readLinkage(fileOf(target)))!.arm).toEqual({ cpu, hardFloat });
        const { stdout } = await run(['readelf', '-A', fileOf(target)], { timeout: 30_000 });
        expect(stdout).toMatch(new RegExp(`Tag_CPU_arch: ${name}\n`));
        expect(stdout.includes('Tag_ABI_VFP_args: VFP registers')).toBe(hardFloat);
      });

      test('the record names each compiler', async () => {
        for (const { target, compiler } of targets) {
          const found = record.binaries.find(one => one.target === target)!.compiler!;
          const path = await findProgram(compiler, process.env);
          expect(found).toMatchObject({ name: compiler, sha256: await sha256File(path!) });
          expect(found.version).toMatch(/\d+\.\d+\.\d+/);
          expect(done.log).toContain(`C compiler for ${target}: ${compiler}, ${found.version}`);
        }
      });

      test('the printed line makes the same bytes by hand', async () => {
        const line = done.log.split('\n').find(text => text.includes('go build') && text.includes('GOARM=6'))!;
        const byHand = join(folder, 'by-hand');
        await run(['sh', '-c', line.replace(/-o \S+/, `-o ${byHand}`)], {
          cwd: mixed,
          env: { ...process.env, PATH: `${dirname(lab.go)}:${process.env['PATH']}`, GOTOOLCHAIN: 'local' },
          timeout: 300_000,
        });
        const { sha256 } = record.binaries.find(one => one.target === 'linux/arm/v6')!;
        expect(await sha256File(byHand)).toBe(sha256);
      });
    });

    test('a static PIE', async () => {
      const inputs = { targets: nativeTarget, buildmode: 'pie', output: 'slipway-out/pie' };
      const done = await build(mixed, inputs, { GOFLAGS: '-buildmode=pie' });
      expect(done.log).toContain('-extldflags=-static-pie');
      const file = join(mixed, 'slipway-out/pie');
      expect((await run([file], { timeout: 20_000 })).stderr).toContain(said);
      const { stdout } = await run(['readelf', '--wide', '-h', '-l', file], { timeout: 30_000 });
      expect(stdout).toMatch(/Type: +DYN/);
      expect(stdout).not.toContain('INTERP');
    });

    test('a dynamic program, for who asks for it: our reader and readelf name the same libraries', async () => {
      const inputs = { targets: nativeTarget, ldflags: '-s -w -linkmode=external', output: 'slipway-out/dynamic' };
      expect(await build(mixed, inputs)).toMatchObject({ code: 0 });
      const file = join(mixed, 'slipway-out/dynamic');
      const { interpreter, libraries } = (await readLinkage(file))!;
      const { stdout } = await run(['readelf', '--wide', '-l', '-d', file], { timeout: 30_000 });
      expect(libraries).toEqual([...stdout.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name));
      expect(libraries).toContain('libc.so.6');
      expect(stdout).toContain(`interpreter: ${interpreter}]`);
    });

    describe('refused', () => {
      let other: string;
      beforeAll(async () => {
        other = await module('other', { 'main.go': source });
      });

      test('a compiler that does not link statically: the libraries are named', async () => {
        const wrapper = join(folder, 'my-gcc');
        const lines = [
          '#!/bin/sh',
          `env >> ${folder}/seen`,
          'for word; do shift',
          '[ "$word" = -static ] || set -- "$@" "$word"',
        ];
        const script = [...lines, 'done', 'exec gcc "$@"', ''].join('\n');
        writeFileSync(wrapper, script, { mode: 0o755 });
        const done = await build(other, { targets: nativeTarget, token: 'hush-hush' }, { CC: wrapper });
        refused(done, other, 'CGO_NOT_STATIC');
        expect(readFileSync(join(folder, 'seen'), 'utf8')).not.toContain('hush-hush');
        expect(done.log).toMatch(/asks for the loader \/lib\S+ and the libraries lib.*libc\.so\.6/);
      });

      test('a C library for ARMv7 in a program for ARMv6', async () => {
        const env = { CC_FOR_linux_arm_v6: 'arm-linux-gnueabihf-gcc -march=armv6 -mfpu=vfp -mfloat-abi=hard -marm' };
        const done = await build(other, { targets: 'linux/arm/v6' }, env);
        refused(done, other, 'BINARY_NOT_AS_PLANNED');
        expect(done.log).toContain('it holds instructions of ARM v7, the plan says v6');
      });

      test('a CC for another machine, before anything is built', async () => {
        const done = await build(other, { targets: 'linux/arm/v7' }, { CC: 'gcc' });
        refused(done, other, 'CGO_COMPILER_WRONG');
        expect(done.log).toContain('name the compiler of this target in CC_FOR_linux_arm_v7');
        expect(done.log).not.toContain('go build');
      });

      test('no compilers on this machine: what to install, before Go is', async () => {
        const done = await build(other, { targets: `${nativeTarget},linux/arm/v7` }, { PATH: folder });
        refused(done, other, 'CGO_COMPILER_MISSING');
        expect(done.log).toContain('sudo apt-get install gcc libc6-dev gcc-arm-linux-gnueabihf libc6-dev-armhf-cross.');
        expect(done.path).toEqual([]);
      });

      test('C code for macOS without its SDK', async () => {
        const done = await build(other, { targets: `${nativeTarget},darwin/arm64` });
        refused(done, other, 'CGO_IMPOSSIBLE');
        expect(done.log).toContain('CC_FOR_darwin_arm64');
        expect(done.path).toEqual([]);
      });

      test('cgo: off where the program has C code', async () => {
        const done = await build(other, { targets: nativeTarget, cgo: 'off' });
        refused(done, other, 'CGO_NEEDED');
        expect(done.log).toContain('example.com/other has C code');
      });

      test('cgo: off where a name is declared beside C code', async () => {
        const directory = await module('names', {
          'main.go': 'package main\n\nfunc main() { println(answer()) }\n',
          'answer.go':
            'package main\n\n// static int answer(void) { return 42; }\nimport "C"\n\nfunc answer() int { return int(C.answer()) }\n',
        });
        const done = await build(directory, { targets: nativeTarget, cgo: 'off' });
        refused(done, directory, 'CGO_NEEDED');
        expect(done.log).toContain('undefined: answer');
      });

      const broken: [
        what: string,
        files: Record<string, string>,
        env: Record<string, string>,
        code: string,
        says: string,
      ][] = [
        [
          'a library that is not there',
          { 'main.go': 'package main\n\n// #cgo LDFLAGS: -lnowhere\nimport "C"\n\nfunc main() {}\n' },
          {},
          'CGO_LIBRARY_MISSING',
          'Install libnowhere.a for linux/',
        ],
        [
          'a header that is not there',
          { 'main.go': 'package main\n\n// #include <nowhere/x.h>\nimport "C"\n\nfunc main() {}\n' },
          {},
          'CGO_HEADER_MISSING',
          'Install the headers of nowhere/x.h',
        ],
        [
          'a compiler for C++ that is not there',
          { 'main.go': 'package main\n\nimport "C"\n\nfunc main() {}\n', 'more.cpp': 'int more;\n' },
          { CC: 'gcc', CXX: 'no-such-g++' },
          'CGO_COMPILER_MISSING',
          'Install no-such-g++',
        ],
      ];
      test.each(broken)(
        '%s',
        async (what, files, env, code, says) => {
          const directory = await module(what.replaceAll(/[ +]/g, '-'), files);
          const done = await build(directory, { targets: nativeTarget }, env);
          refused(done, directory, code);
          expect(done.log).toContain(says);
        },
        120_000,
      );
    });

    test('C code that wants shared libraries even in a static program: a warning', async () => {
      const code =
        '// #include <stddef.h>\n// #include <netdb.h>\n// static int look(void) { return getaddrinfo("x", NULL, NULL, NULL); }\n';
      const directory = await module('lookup', {
        'main.go': `package main\n\n${code}import "C"\n\nfunc main() { println(C.look()) }\n`,
      });
      const done = await build(directory, { targets: nativeTarget });
      expect(done.code).toBe(0);
      expect(done.log).toContain('its C code calls getaddrinfo');
    });

    test('our list of targets without CGO is that of Go', async () => {
      const { stdout } = await run([lab.go, 'tool', 'dist', 'list', '-json'], { timeout: 60_000 });
      const all = JSON.parse(stdout) as { GOOS: string; GOARCH: string; CgoSupported: boolean }[];
      const without = all.filter(one => !one.CgoSupported).map(one => `${one.GOOS}/${one.GOARCH}`);
      expect(without.sort()).toEqual([...withoutCgo]);
    });
  },
);
