import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { GoBinary } from '../../../src/core/binary/index.ts';
import { readInputs } from '../../../src/core/inputs.ts';
import { formatTarget, knownTargets, parseTarget } from '../../../src/core/target.ts';
import { assertBuildable, type BuildMode } from '../../../src/setup-go-cross/build/buildmode.ts';
import { differences } from '../../../src/setup-go-cross/build/check.ts';
import { matrixOf } from '../../../src/setup-go-cross/build/matrix.ts';
import { programName } from '../../../src/setup-go-cross/build/packages.ts';
import { type BuildSettings, commandLine, planBuilds } from '../../../src/setup-go-cross/build/plan.ts';
import { targets } from '../../../src/setup-go-cross/targets-value.ts';

const settings: BuildSettings = {
  directory: '/w',
  output: 'slipway-out/{name}-{os}-{arch}{variant}{ext}',
  ldflags: '-s -w',
  stamp: undefined,
  tags: '',
  trimpath: true,
  version: 'v1.2.3',
  commit: 'c0ffee',
};
const hello = { path: 'example.com/hello', name: 'hello', module: 'example.com/hello' };
const plan = (target: string, more: Partial<BuildSettings> = {}) =>
  planBuilds([hello], [parseTarget(target)], { ...settings, ...more })[0]!;

const outputs: { target: string; output: string; env: Record<string, string> }[] = [
  { target: 'linux/amd64', output: 'hello-linux-amd64', env: { GOAMD64: 'v1' } },
  { target: 'linux/arm', output: 'hello-linux-armv7', env: { GOARM: '7' } },
  { target: 'linux/arm/v6', output: 'hello-linux-armv6', env: { GOARM: '6' } },
  { target: 'linux/arm64/v8', output: 'hello-linux-arm64', env: { GOARM64: 'v8.0' } },
  { target: 'windows/amd64/v3', output: 'hello-windows-amd64v3.exe', env: { GOAMD64: 'v3' } },
  { target: 'linux/mipsle/softfloat', output: 'hello-linux-mipslesoftfloat', env: { GOMIPS: 'softfloat' } },
];
test.each(outputs)('$target → $output', ({ target, output, env }) => {
  const build = plan(target);
  expect(build.output).toBe(`/w/slipway-out/${output}`);
  expect(build.env).toMatchObject({ CGO_ENABLED: '0', ...env });
});

test('flags: stamp, tags, placeholders', () => {
  const build = plan('linux/amd64', {
    ldflags: '-X main.commit={commit} -X main.target={target}',
    stamp: 'v1.2.3',
    tags: 'netgo,osusergo',
    trimpath: false,
  });
  expect(build.flags).toEqual([
    '-trimpath=false',
    '-buildvcs=auto',
    '-ldflags=-X main.commit=c0ffee -X main.target=linux-amd64 -X=main.version=v1.2.3',
    '-tags=netgo,osusergo',
  ]);
});

test('nothing is stamped when no version was asked for, and empty flags are left out', () => {
  expect(plan('linux/amd64', { ldflags: '' }).flags).toEqual(['-trimpath', '-buildvcs=auto']);
});

test('the printed line can be pasted into a shell', () => {
  expect(commandLine(plan('linux/arm/v7'), "out/it's")).toBe(
    "CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=7 go build -trimpath -buildvcs=auto '-ldflags=-s -w' -o 'out/it'\\''s' example.com/hello",
  );
});

test('buildmode: flag, extension and header', () => {
  const modes: [BuildMode, string, string, string | undefined][] = [
    ['exe', 'windows/amd64', 'hello-windows-amd64.exe', undefined],
    ['pie', 'linux/amd64', 'hello-linux-amd64', undefined],
    ['c-shared', 'linux/amd64', 'hello-linux-amd64.so', 'hello-linux-amd64.h'],
    ['c-shared', 'windows/amd64', 'hello-windows-amd64.dll', 'hello-windows-amd64.h'],
    ['c-shared', 'darwin/arm64', 'hello-darwin-arm64.dylib', 'hello-darwin-arm64.h'],
    ['c-shared', 'wasip1/wasm', 'hello-wasip1-wasm.wasm', undefined],
    ['c-archive', 'linux/arm64', 'hello-linux-arm64.a', 'hello-linux-arm64.h'],
    ['c-archive', 'windows/amd64', 'hello-windows-amd64.a', 'hello-windows-amd64.h'],
  ];
  for (const [buildmode, target, output, header] of modes) {
    const build = plan(target, { buildmode });
    expect(build.flags).toContain(`-buildmode=${buildmode}`);
    expect(build.output).toBe(`/w/slipway-out/${output}`);
    expect(build.header).toBe(header === undefined ? undefined : `/w/slipway-out/${header}`);
  }
  expect(plan('wasip1/wasm').output).toBe('/w/slipway-out/hello-wasip1-wasm.wasm');
  expect(plan('linux/amd64').flags.join(' ')).not.toContain('buildmode');
});

test('what needs a C compiler, or what Go has not, is refused before anything is built', () => {
  const refused: [BuildMode | undefined, string, string, string][] = [
    ['c-shared', 'linux/amd64', 'CGO_NEEDED', 'buildmode c-shared for linux/amd64'],
    ['c-archive', 'windows/amd64', 'CGO_NEEDED', 'windows/amd64'],
    ['pie', 'linux/arm', 'CGO_NEEDED', 'linux/arm'],
    [undefined, 'android/arm', 'CGO_NEEDED', 'a program for android/arm'],
    ['pie', 'linux/mips', 'BUILDMODE_UNSUPPORTED', '-buildmode=pie for linux/mips'],
    ['c-archive', 'wasip1/wasm', 'BUILDMODE_UNSUPPORTED', 'wasip1/wasm'],
  ];
  for (const [mode, target, code, says] of refused) {
    const found = () =>
      assertBuildable(
        [parseTarget('linux/amd64'), parseTarget(target)].slice(target === 'linux/amd64' ? 1 : 0),
        mode,
        false,
      );
    expect(found).toThrow(expect.objectContaining({ code, message: expect.stringContaining(says) }));
  }
  assertBuildable([parseTarget('linux/amd64')], 'c-shared', true);
  assertBuildable([parseTarget('wasip1/wasm')], 'c-shared', false);
  assertBuildable(['linux/amd64', 'android/arm64', 'windows/386'].map(parseTarget), 'pie', false);
});

test('a package is planned for the targets that have it', () => {
  const packages = [hello, { path: 'example.com/service', name: 'service', module: '', without: ['linux/arm64'] }];
  const builds = planBuilds(packages, ['linux/amd64', 'linux/arm64'].map(parseTarget), settings);
  expect(builds.map(one => `${one.package.name} ${formatTarget(one.target)}`)).toEqual([
    'hello linux/amd64',
    'service linux/amd64',
    'hello linux/arm64',
  ]);
});

test('two programs of one name collide, and so do two headers', () => {
  const twin = { path: 'example.com/other/hello', name: 'hello', module: '' };
  expect(() => planBuilds([hello, twin], [parseTarget('linux/amd64')], settings)).toThrow(
    expect.objectContaining({
      code: 'OUTPUT_COLLISION',
      message: expect.stringContaining('example.com/hello for linux/amd64 and example.com/other/hello for linux/amd64'),
      hint: expect.stringContaining('Both programs are called hello'),
    }),
  );
  const libraries = () =>
    planBuilds([hello], ['linux/amd64', 'windows/amd64'].map(parseTarget), {
      ...settings,
      buildmode: 'c-shared',
      output: 'out/{name}{ext}',
    });
  expect(libraries).toThrow(expect.objectContaining({ message: expect.stringContaining('/w/out/hello.h') }));
});

test('two programs for one path, and unknown placeholders, are errors', () => {
  const both = () =>
    planBuilds([hello], [parseTarget('linux/amd64'), parseTarget('linux/arm64')], {
      ...settings,
      output: 'out/{name}',
    });
  expect(both).toThrow(expect.objectContaining({ code: 'OUTPUT_COLLISION' }));
  expect(() => plan('linux/amd64', { output: '{nam}' })).toThrow('did you mean "name"?');
});

test('every target has an output of its own, and the same one each time', () => {
  const all = knownTargets.map(parseTarget);
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 1 }), some => {
      const builds = planBuilds([hello], some, settings);
      expect(new Set(builds.map(build => build.output)).size).toBe(some.length);
    }),
  );
});

test.each([
  ['example.com/hello', 'hello'],
  ['example.com/hello/v2', 'hello'],
  ['example.com/hello/cmd/server', 'server'],
  ['gopkg.in/hello.v2', 'hello.v2'],
  ['v2', 'v2'],
])('the program of %s is %s', (path, name) => {
  expect(programName(path)).toBe(name);
});

describe('targets', () => {
  test('one spelling each, twice counts once', () => {
    const read = targets.parse('linux/arm, linux/arm/v7\nlinux/arm64/v8\n# comment\nwindows/amd64');
    expect(read.map(formatTarget)).toEqual(['linux/arm/v7', 'linux/arm64', 'windows/amd64']);
  });

  test.each([
    ['linux/arm8', 'e.g. linux/arm, linux/arm64;'],
    ['linux/arm/v9', 'v5, v6, v7'],
    ['linux', 'linux/amd64'],
    ['all-linx', 'Did you mean all-linux?'],
    ['synology:DS921', 'synology:DS920+'],
    ['synology:DS413', 'PowerPC'],
  ])('%s is refused and says what to write', (text, said) => {
    const problems = () => readInputs({ targets: { description: 'x', value: targets } }, { INPUT_TARGETS: text });
    expect(problems).toThrow(`input "targets" is "${text}": `);
    expect(problems).toThrow(said);
  });
});

test('matrix', () => {
  expect(matrixOf([parseTarget('linux/arm'), parseTarget('darwin/arm64')]).include).toEqual([
    {
      target: 'linux/arm/v7',
      targets: 'linux/arm/v7',
      name: 'linux-arm-v7',
      goos: 'linux',
      goarch: 'arm',
      variant: 'v7',
      env: 'GOOS=linux GOARCH=arm GOARM=7',
    },
    {
      target: 'darwin/arm64',
      targets: 'darwin/arm64',
      name: 'darwin-arm64',
      goos: 'darwin',
      goarch: 'arm64',
      variant: '',
      env: 'GOOS=darwin GOARCH=arm64 GOARM64=v8.0',
    },
  ]);
});

describe('a binary against its plan', () => {
  const expected = { goVersion: '1.26.8', trimpath: true, commit: 'c0ffee', modified: false };
  const good: GoBinary = {
    format: 'elf',
    machine: 'arm',
    target: { os: 'linux', arch: 'arm', variant: 'v7' },
    interpreter: undefined,
    layout: 'fixed',
    buildinfo: {
      goVersion: 'go1.26.8',
      path: 'example.com/hello',
      mod: undefined,
      deps: [],
      settings: { CGO_ENABLED: '0', '-trimpath': 'true', 'vcs.revision': 'c0ffee', 'vcs.modified': 'false' },
    },
  };
  const withInfo = (info: Partial<GoBinary['buildinfo']>, more: Record<string, string> = {}): GoBinary => ({
    ...good,
    buildinfo: { ...good.buildinfo, ...info, settings: { ...good.buildinfo.settings, ...more } },
  });
  const cases: { name: string; binary: GoBinary; found: string[] }[] = [
    { name: 'as planned', binary: good, found: [] },
    {
      name: 'a Go with experiments says so behind its version',
      binary: withInfo({ goVersion: 'go1.26.8 X:jsonv2' }),
      found: [],
    },
    {
      name: 'wrong architecture',
      binary: { ...good, target: { os: 'linux', arch: 'amd64' } },
      found: ['target is linux/amd64, the plan says linux/arm/v7'],
    },
    {
      name: 'wrong variant',
      binary: { ...good, target: { ...good.target, variant: 'v6' } },
      found: ['target is linux/arm/v6, the plan says linux/arm/v7'],
    },
    {
      name: 'another Go',
      binary: withInfo({ goVersion: 'go1.26.9' }),
      found: ['Go is go1.26.9, the plan says go1.26.8'],
    },
    {
      name: 'another package',
      binary: withInfo({ path: 'example.com/other' }),
      found: ['package is example.com/other, the plan says example.com/hello'],
    },
    { name: 'CGO', binary: withInfo({}, { CGO_ENABLED: '1' }), found: ['CGO_ENABLED is 1, the plan says 0'] },
    {
      name: 'paths of this machine',
      binary: withInfo({}, { '-trimpath': 'false' }),
      found: ['-trimpath is false, the plan says true'],
    },
    {
      name: 'another commit',
      binary: withInfo({}, { 'vcs.revision': 'beef' }),
      found: ['vcs.revision is beef, the plan says c0ffee'],
    },
    {
      name: 'changed while it was built',
      binary: withInfo({}, { 'vcs.modified': 'true' }),
      found: ['vcs.modified is true, the plan says false'],
    },
  ];
  test.each([
    ['c-shared', 'library', []],
    ['c-shared', 'pie', ['layout is pie, the plan says library']],
    ['exe', 'pie', ['layout is pie, the plan says fixed']],
    ['pie', 'fixed', ['layout is fixed, the plan says pie']],
    ['c-archive', 'archive', []],
  ] as const)('%s that is laid out as %s', (buildmode, layout, found) => {
    const binary = { ...withInfo({}, { '-buildmode': buildmode }), layout };
    expect(differences(plan('linux/arm/v7', { buildmode }), binary, expected)).toEqual(found);
    const other = withInfo({}, { '-buildmode': 'plugin' });
    const differs = differences(plan('linux/arm/v7', { buildmode }), { ...other, layout }, expected);
    expect(differs[0]).toBe(`-buildmode is plugin, the plan says ${buildmode}`);
  });

  test.each(cases)('$name', ({ binary, found }) => {
    expect(differences(plan('linux/arm/v7'), binary, expected)).toEqual(found);
  });
});
