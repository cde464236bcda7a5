import { expect, test } from '@jest/globals';
import { parseTarget } from '../../../src/core/target.ts';
import { commandLine, planBuilds } from '../../../src/setup-go-cross/build/plan.ts';
import { missingError } from '../../../src/setup-go-cross/cgo/missing.ts';
import { type Cgo, cgoKey, planCgo, planLinking } from '../../../src/setup-go-cross/cgo/plan.ts';
import { staticWarning, stubWarning } from '../../../src/setup-go-cross/cgo/warnings.ts';

const asGiven = { tags: [], ldflags: [], static: false };
const linking: { name: string; target: string; buildmode?: string; ldflags?: string; planned: object }[] = [
  {
    name: 'Linux: static, with Go’s own look-ups',
    target: 'linux/arm64',
    planned: {
      tags: ['netgo', 'osusergo'],
      ldflags: ['-linkmode=external', '-extldflags=-static'],
      static: true,
    },
  },
  {
    name: 'a static PIE',
    target: 'linux/amd64',
    buildmode: 'pie',
    planned: {
      tags: ['netgo', 'osusergo'],
      ldflags: ['-linkmode=external', '-extldflags=-static-pie'],
      static: true,
    },
  },
  {
    name: 'Windows: its run-time libraries go in',
    target: 'windows/amd64',
    planned: { tags: [], ldflags: ['-linkmode=external', '-extldflags=-static'], static: false },
  },
  { name: 'a library is dynamic', target: 'linux/amd64', buildmode: 'c-shared', planned: asGiven },
  { name: 'macOS has no static programs', target: 'darwin/arm64', planned: asGiven },
  { name: 'the user’s link mode', target: 'linux/amd64', ldflags: '-s -linkmode=external', planned: asGiven },
  {
    name: 'the user’s own -static is checked too',
    target: 'linux/amd64',
    ldflags: '-linkmode external "-extldflags=-static -Wl,-z,now"',
    planned: { ...asGiven, static: true },
  },
];
test.each(linking)('$name', ({ target, buildmode, ldflags = '-s -w', planned }) => {
  expect(planLinking(parseTarget(target), { buildmode, ldflags })).toEqual(planned);
});

const compiler = { name: 'arm-linux-gnueabi-gcc', version: '12.2.0', sha256: 'a'.repeat(64) };
const cgo: Cgo = {
  env: { CC: 'arm-linux-gnueabi-gcc -march=armv6', CXX: 'arm-linux-gnueabi-g++' },
  tags: ['netgo', 'osusergo'],
  ldflags: ['-linkmode=external', '-extldflags=-static'],
  static: true,
  compiler,
  cxxPackages: [],
};

test('the plan of a build with C code, and its line for a shell', () => {
  const hello = { path: 'example.com/hello', name: 'hello', module: 'example.com/hello' };
  const settings = {
    directory: '/w',
    output: '{name}',
    ldflags: '-s -w',
    stamp: undefined,
    tags: 'prod',
    trimpath: true,
    version: 'v1',
    commit: '',
    cgo: new Map([['linux/arm/v6', cgo]]),
  };
  const [build] = planBuilds([hello], [parseTarget('linux/arm/v6')], settings);
  expect(build!.cgo).toBe(cgo);
  expect(commandLine(build!, 'out')).toBe(
    "CGO_ENABLED=1 GOOS=linux GOARCH=arm GOARM=6 CC='arm-linux-gnueabi-gcc -march=armv6' CXX=arm-linux-gnueabi-g++ go build -trimpath -buildvcs=auto '-ldflags=-s -w -linkmode=external -extldflags=-static' -tags=prod,netgo,osusergo -o out example.com/hello",
  );
});

test('another compiler or another flag is another cache', () => {
  const key = (more: Partial<Cgo>) => cgoKey(new Map([['linux/arm/v6', { ...cgo, ...more }]]));
  const keys = [
    cgoKey(undefined),
    key({}),
    key({ compiler: { ...compiler, sha256: 'b'.repeat(64) } }),
    key({ env: { ...cgo.env, CGO_CFLAGS: '-O3' } }),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(key({})).toBe(key({}));
});

test('cgo: off looks for nothing', async () => {
  const inputs = { cgo: 'off', buildmode: undefined, ldflags: '' } as const;
  const signal = new AbortController().signal;
  expect(await planCgo(inputs, [parseTarget('js/wasm')], { os: 'linux', arch: 'amd64' }, {}, signal)).toBeUndefined();
});

test('all that is missing in one error, with one line that installs it', async () => {
  const inputs = { cgo: 'gcc', buildmode: undefined, ldflags: '' } as const;
  const targets = ['linux/arm64', 'linux/arm/v5', 'linux/arm/v6', 'windows/386'].map(parseTarget);
  const planned = planCgo(inputs, targets, { os: 'linux', arch: 'amd64' }, {}, new AbortController().signal);
  await expect(planned).rejects.toMatchObject({
    code: 'CGO_COMPILER_MISSING',
    message: expect.stringContaining('aarch64-linux-gnu-gcc (for linux/arm64)'),
    hint: 'On Debian and Ubuntu: sudo apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabi libc6-dev-armel-cross gcc-mingw-w64-i686.',
  });
});

test('what is not from Debian is named too', () => {
  const target = parseTarget('linux/arm64');
  const choice = { target, cc: ['my-gcc'], cxx: [], packages: [], cxxPackages: [] };
  expect(missingError([{ choice: { ...choice, by: 'zig', cc: ['zig'] }, compiler: undefined }]).hint).toContain('PATH');
  expect(missingError([{ choice: { ...choice, by: 'environment' }, compiler: undefined }]).hint).toContain(
    'Install my-gcc, or name another compiler in CC_FOR_linux_arm64',
  );
  const noLibrary = missingError([{ choice: { ...choice, by: 'environment' }, compiler: {} }]);
  expect(noLibrary.message).toContain('the static C library of my-gcc');
  expect(noLibrary.hint).toContain('-linkmode=external');
});

test('warnings: functions that want glibc’s shared libraries, packages that are only a stub without CGO', () => {
  const output = `/usr/bin/ld: x.o: in function f: warning: Using 'getaddrinfo' in statically linked applications requires at runtime the shared libraries
/usr/bin/ld: warning: Using 'dlopen' in statically linked applications requires at runtime the shared libraries
/usr/bin/ld: warning: Using 'getaddrinfo' in statically linked applications requires`;
  expect(staticWarning('x', output)).toContain('calls getaddrinfo, dlopen, which');
  expect(staticWarning('x', 'nothing of that kind')).toBeUndefined();
  const info = { goVersion: 'go1.26.8', path: 'x', mod: undefined, settings: {} };
  const sqlite = { path: 'github.com/mattn/go-sqlite3', version: 'v1.14.24', sum: '' };
  expect(stubWarning('x', { ...info, deps: [sqlite] })).toContain('set cgo: gcc');
  expect(stubWarning('x', { ...info, deps: [{ ...sqlite, path: 'modernc.org/sqlite' }] })).toBeUndefined();
});
