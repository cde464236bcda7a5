import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlipwayError } from '../../../src/core/errors.ts';
import { canonicalTarget, knownTargets, parseTarget } from '../../../src/core/target.ts';
import { chooseCompiler } from '../../../src/setup-go-cross/cgo/choose.ts';
import { compilesFor } from '../../../src/setup-go-cross/cgo/machine.ts';
import { cxxOf, joinWords, ownFlags, splitWords, tagsOf } from '../../../src/setup-go-cross/cgo/own-compiler.ts';

const linux = { os: 'linux', arch: 'amd64' };
const choose = (setting: 'gcc' | 'zig', target: string, env: NodeJS.ProcessEnv = {}, host = linux) =>
  chooseCompiler(setting, canonicalTarget(parseTarget(target)), host, env);

const gcc: { target: string; cc: string; packages: string }[] = [
  { target: 'linux/amd64', cc: 'gcc', packages: 'gcc libc6-dev' },
  { target: 'linux/386', cc: 'i686-linux-gnu-gcc', packages: 'gcc-i686-linux-gnu libc6-dev-i386-cross' },
  { target: 'linux/arm64', cc: 'aarch64-linux-gnu-gcc', packages: 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross' },
  { target: 'linux/arm/v5', cc: 'arm-linux-gnueabi-gcc', packages: 'gcc-arm-linux-gnueabi libc6-dev-armel-cross' },
  {
    target: 'linux/arm/v6',
    cc: 'arm-linux-gnueabi-gcc -march=armv6 -mfpu=vfp -mfloat-abi=softfp',
    packages: 'gcc-arm-linux-gnueabi libc6-dev-armel-cross',
  },
  { target: 'linux/arm', cc: 'arm-linux-gnueabihf-gcc', packages: 'gcc-arm-linux-gnueabihf libc6-dev-armhf-cross' },
  { target: 'linux/riscv64', cc: 'riscv64-linux-gnu-gcc', packages: 'gcc-riscv64-linux-gnu libc6-dev-riscv64-cross' },
  {
    target: 'linux/ppc64le',
    cc: 'powerpc64le-linux-gnu-gcc',
    packages: 'gcc-powerpc64le-linux-gnu libc6-dev-ppc64el-cross',
  },
  { target: 'linux/s390x', cc: 's390x-linux-gnu-gcc', packages: 'gcc-s390x-linux-gnu libc6-dev-s390x-cross' },
  { target: 'linux/mipsle', cc: 'mipsel-linux-gnu-gcc', packages: 'gcc-mipsel-linux-gnu libc6-dev-mipsel-cross' },
  {
    target: 'linux/mips64le',
    cc: 'mips64el-linux-gnuabi64-gcc',
    packages: 'gcc-mips64el-linux-gnuabi64 libc6-dev-mips64el-cross',
  },
  { target: 'windows/amd64', cc: 'x86_64-w64-mingw32-gcc', packages: 'gcc-mingw-w64-x86-64' },
  { target: 'windows/386', cc: 'i686-w64-mingw32-gcc', packages: 'gcc-mingw-w64-i686' },
];
test.each(gcc)('gcc for $target: $cc', ({ target, cc, packages }) => {
  const choice = choose('gcc', target);
  expect([choice.cc.join(' '), choice.packages.join(' ')]).toEqual([cc, packages]);
  expect(choice.cxx.join(' ')).toBe(cc.replace('gcc', 'g++'));
});

test('the compiler of this machine is for its own target: also on arm64, macOS and Windows', () => {
  const arm = { os: 'linux', arch: 'arm64' };
  expect(choose('gcc', 'linux/arm64', {}, arm).cc).toEqual(['gcc']);
  expect(choose('gcc', 'linux/amd64', {}, arm)).toMatchObject({
    cc: ['x86_64-linux-gnu-gcc'],
    packages: ['gcc-x86-64-linux-gnu', 'libc6-dev-amd64-cross'],
  });
  expect(choose('gcc', 'darwin/amd64', {}, { os: 'darwin', arch: 'arm64' }).cc).toEqual(['clang']);
  expect(choose('gcc', 'windows/amd64', {}, { os: 'windows', arch: 'amd64' }).cc).toEqual(['gcc']);
});

const zig: [target: string, words: string][] = [
  ['linux/amd64', 'x86_64-linux-musl'],
  ['linux/386', 'x86-linux-musl'],
  ['linux/arm64', 'aarch64-linux-musl'],
  ['linux/arm/v5', 'arm-linux-musleabi -mcpu=arm926ej_s'],
  ['linux/arm/v6', 'arm-linux-musleabihf -mcpu=arm1176jzf_s'],
  ['linux/arm/v7', 'arm-linux-musleabihf -mcpu=generic+v7a+vfp3d16'],
  ['linux/386/softfloat', 'x86-linux-musl -mcpu=i686'],
  ['linux/riscv64', 'riscv64-linux-musl'],
  ['linux/mipsle/softfloat', 'mipsel-linux-musleabi'],
  ['linux/mipsle', 'mipsel-linux-musleabihf'],
  ['windows/amd64', 'x86_64-windows-gnu'],
  ['windows/arm64', 'aarch64-windows-gnu'],
];
test.each(zig)('zig for %s: -target %s', (target, words) => {
  const { cc, cxx } = choose('zig', target);
  expect([cc.join(' '), cxx.join(' ')]).toEqual([`zig cc -target ${words}`, `zig c++ -target ${words}`]);
});

describe('a compiler of the user', () => {
  const env = { CC: 'clang', CC_FOR_linux_arm: 'arm-gcc', CC_FOR_linux_arm_v7: 'zig cc -target "arm linux"', CXX: '' };
  test.each([
    ['linux/arm64', ['clang'], ['clang++']],
    ['linux/arm/v6', ['arm-gcc'], ['arm-g++']],
    ['linux/arm/v7', ['zig', 'cc', '-target', 'arm linux'], ['zig', 'c++', '-target', 'arm linux']],
    ['darwin/arm64', ['clang'], ['clang++']],
  ])('%s: the most exact name wins', (target, cc, cxx) => {
    expect(choose('gcc', target, env)).toMatchObject({ by: 'environment', cc, cxx });
    expect(choose('zig', target, env)).toMatchObject({ by: 'environment', cc, cxx });
  });

  test('CXX of the same family, unless it is named', () => {
    expect(cxxOf(['/opt/x/bin/aarch64-gcc-12', '-O2'])).toEqual(['/opt/x/bin/aarch64-g++-12', '-O2']);
    expect(cxxOf(['/opt/gcc/bin/cc'])).toEqual(['/opt/gcc/bin/c++']);
    expect(choose('gcc', 'linux/arm64', { CC: 'a', CXX_FOR_linux_arm64: 'b c' }).cxx).toEqual(['b', 'c']);
  });

  test('flags for one target and for all', () => {
    const flags = { CGO_CFLAGS: '-O1', CGO_LDFLAGS_FOR_linux_arm64: '-L/opt/arm64', CGO_LDFLAGS: '-L/opt' };
    expect(ownFlags(parseTarget('linux/arm64'), flags)).toEqual({ CGO_CFLAGS: '-O1', CGO_LDFLAGS: '-L/opt/arm64' });
    expect(ownFlags(parseTarget('linux/amd64'), flags)).toEqual({ CGO_CFLAGS: '-O1', CGO_LDFLAGS: '-L/opt' });
  });

  test.each([
    ['', ''],
    ['-mod=mod -tags=a,b -trimpath', 'a,b'],
    ['--tags=a', 'a'],
    ['-ldflags=-tags=x', ''],
  ])('tags of GOFLAGS "%s": "%s"', (goflags, tags) => {
    expect(tagsOf(goflags)).toBe(tags);
  });

  test('words survive being written into CC', () => {
    const word = fc.stringMatching(/^[\w ./=+'-]+$/);
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), words => {
        expect(splitWords(joinWords(words))).toEqual(words);
      }),
    );
  });
});

describe('impossible pairs', () => {
  const cases: [setting: 'gcc' | 'zig', target: string, why: string, hint: string][] = [
    ['gcc', 'darwin/arm64', 'SDK of Apple', 'Build this target on a macOS runner'],
    ['zig', 'darwin/amd64', 'SDK of Apple', 'CC_FOR_darwin_amd64'],
    ['gcc', 'ios/arm64', 'SDK of Apple', 'CC_FOR_ios_arm64'],
    ['gcc', 'android/arm64', 'NDK', 'CC_FOR_android_arm64 ($ANDROID_NDK_HOME'],
    ['gcc', 'windows/arm64', 'C library', 'Set cgo: zig'],
    ['gcc', 'linux/mipsle/softfloat', 'C library', 'Set cgo: zig'],
    ['zig', 'linux/mips64', 'C library', 'Set cgo: gcc'],
    ['gcc', 'freebsd/amd64', 'C library', 'CC_FOR_freebsd_amd64'],
    ['gcc', 'js/wasm', 'Go has no CGO', 'cgo: off'],
    ['zig', 'linux/ppc64', 'Go has no CGO', 'cgo: off'],
  ];
  test.each(cases)('%s for %s', (setting, target, why, hint) => {
    const problem = () => choose(setting, target);
    expect(problem).toThrow(expect.objectContaining({ code: 'CGO_IMPOSSIBLE', hint: expect.stringContaining(hint) }));
    expect(problem).toThrow(why);
  });

  test('each target of Go has a compiler or an error with a hint', () => {
    for (const target of knownTargets)
      for (const setting of ['gcc', 'zig'] as const) {
        try {
          expect(choose(setting, target).cc.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(SlipwayError);
          expect((error as SlipwayError).hint).toMatch(/cgo: off/);
        }
      }
  });
});

const triples: [triple: string, target: string, fits: boolean, words?: string][] = [
  ['x86_64-linux-gnu', 'linux/amd64', true],
  ['x86_64-linux-gnu', 'linux/386', false],
  ['x86_64-linux-gnu', 'linux/386', true, '-m32'],
  ['x86_64-alpine-linux-musl', 'linux/amd64', true],
  ['x86_64-linux-gnu', 'linux/arm64', false],
  ['x86_64-w64-mingw32', 'windows/amd64', true],
  ['x86_64-w64-mingw32', 'linux/amd64', false],
  ['aarch64-linux-android24', 'android/arm64', true],
  ['aarch64-linux-android24', 'linux/arm64', false],
  ['arm-linux-gnueabihf', 'linux/arm/v7', true],
  ['arm64-apple-darwin23.1.0', 'darwin/amd64', true],
  ['mipsel-linux-gnu', 'linux/mips', false],
  ['mips64el-linux-gnuabi64', 'linux/mips64le', true],
  ['x86_64-unknown-freebsd14.0', 'freebsd/amd64', true],
  ['', 'linux/arm64', true],
  ['something else', 'linux/arm64', true],
];
test.each(triples)('a compiler for "%s" fits %s: %s', (triple, target, fits, words = '') => {
  expect(compilesFor(triple, words.split(' '), parseTarget(target))).toBe(fits);
});
