import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import {
  act,
  annotations,
  commit,
  goMod,
  groupsOf,
  main,
  outFiles,
  repository,
  toolCache,
} from './setup-go-cross-people.ts';
import type { Step } from './setup-go-cross-runner.ts';

// `test: true` on small modules, with the real go command.
let folder: string;
let hanging: Promise<Step>;
let hangs: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-tests-'));
  hangs = await repository(join(folder, 'hangs'), hangingModule);
  hanging = act(hangs, { test: 'true' }, {}, cancelAtProgress); // it takes 15 s: the other tests run beside it
  hanging.catch(() => undefined);
});
afterAll(async () => {
  await hanging;
  rmSync(folder, { recursive: true, force: true });
});

describe('tests that fail', () => {
  const failing = {
    'go.mod': goMod,
    'main.go': main,
    'deep/lib/lib_test.go': `package lib

import "testing"

func TestError(t *testing.T) {
	t.Error("first")
	t.Errorf("want %d%%", 1)
}

func TestSub(t *testing.T) {
	t.Run("one", func(t *testing.T) { t.Fatal("no") })
}

func TestPasses(t *testing.T) { t.Log("::warning::a line that would be a command") }
`,
    'panics/x.go': 'package panics\n\nfunc At(list []int) int { return list[len(list)] }\n',
    'panics/x_test.go': 'package panics\n\nimport "testing"\n\nfunc TestPanic(t *testing.T) { At(nil) }\n',
    'slow/x_test.go': `package slow

import (
	"testing"
	"time"
)

func TestSlow(t *testing.T) { time.Sleep(time.Hour) }
`,
    'exits/x_test.go': `package exits

import (
	"fmt"
	"os"
	"testing"
)

func TestExit(t *testing.T) {
	fmt.Println("::set-env name=PATH::/nowhere")
	os.Exit(3)
}
`,
  };

  test('each is an annotation at its line; nothing is built, no record is written', async () => {
    const workspace = await repository(join(folder, 'fails'), Object.fromEntries(prefixed('service', failing)));
    const directory = join(workspace, 'service');
    const env = { GITHUB_WORKSPACE: workspace, GOFLAGS: '-timeout=2s' };
    const done = await act(directory, { test: 'true' }, env);
    expect(done).toMatchObject({ code: 1, outputs: { 'go-version': '1.26.8' } });
    expect(done.outputs['release']).toBeUndefined();
    expect(outFiles(directory)).toEqual([]);
    const at = 'file=service/deep/lib/lib_test.go';
    expect(annotations(done).sort()).toEqual([
      `::error title=TestError,${at},line=7::lib_test.go:6: first%0Alib_test.go:7: want 1%25`,
      '::error title=TestExit::::set-env name=PATH::/nowhere',
      '::error title=TestPanic,file=service/panics/x.go,line=3::panic: runtime error: index out of range [0] with length 0 [recovered, repanicked]',
      '::error title=TestSlow,file=service/slow/x_test.go,line=8::panic: test timed out after 2s%0A\trunning tests:%0A\t\tTestSlow (2s)',
      `::error title=TestSub/one,${at},line=11::lib_test.go:11: no`,
    ]);
    const groups = groupsOf(done);
    expect(groups.get('FAIL example.com/m/exits TestExit')).toEqual([': :set-env name=PATH::/nowhere']);
    expect(groups.get('FAIL example.com/m/panics TestPanic')!.length).toBeGreaterThan(5);
    expect(done.log).toContain('::error::go test ./... failed in 4 of 5 packages: example.com/m/deep/lib TestError, ');
    expect(done.log).toContain('[TESTS_FAILED]%0ANothing was built.');
    expect(done.summary).toContain('| `go test ./...` | failed | 5 | 7 |');
  }, 120_000);

  const prefixed = (name: string, files: Record<string, string>) =>
    Object.entries(files).map(([path, text]): [string, string] => [`${name}/${path}`, text]);

  test('what vet finds ends the step before a test runs', async () => {
    const directory = await repository(join(folder, 'vetted'), {
      'go.mod': goMod,
      'main.go': main,
      'lib/lib.go': 'package lib\n\nimport "fmt"\n\nfunc Print() { fmt.Printf("%d\\n", "x") }\n',
      'lib/lib_test.go': 'package lib\n\nimport "testing"\n\nfunc TestNothing(t *testing.T) { nothing() }\n',
    });
    const done = await act(directory, { test: 'true', 'problem-matchers': 'false' });
    expect(done.code).toBe(1);
    expect(done.log).toContain('::error::go vet ./... failed: ');
    expect(done.log).toContain('undefined: nothing');
    expect(done.log).not.toContain('::group::go test');
    // The switch is off.
    expect(annotations(done)).toEqual([]);
    expect(done.log).not.toContain('::add-matcher::');
    expect(outFiles(directory)).toEqual([]);
  }, 60_000);
});

test('a workspace with a vendor folder: every module of it, and no module cache is asked', async () => {
  const use = 'import "example.com/dep"\n';
  const directory = await repository(join(folder, 'workspace'), {
    'go.work': 'go 1.26.8\n\nuse (\n\t./a\n\t./b\n)\n\nreplace example.com/dep v1.0.0 => ./dep\n',
    'dep/go.mod': 'module example.com/dep\n\ngo 1.26.8\n',
    'dep/dep.go': 'package dep\n\nfunc Dep() {}\n',
    'a/go.mod': 'module example.com/a\n\ngo 1.26.8\n\nrequire example.com/dep v1.0.0\n',
    'a/main.go': `package main\n\n${use}\nfunc main() { dep.Dep() }\n`,
    'b/go.mod': 'module example.com/b\n\ngo 1.26.8\n',
    'b/b_test.go': 'package b\n\nimport "testing"\n\nfunc TestB(t *testing.T) {}\n',
  });
  const go = join(toolCache, 'go/1.26.8', process.arch, 'bin/go');
  await run([go, 'work', 'vendor'], { cwd: directory, timeout: 30_000, env: { ...process.env, GOPROXY: 'off' } });
  await commit(directory);
  const env = { GOPROXY: 'off', GOMODCACHE: join(folder, 'no-modules') };
  const done = await act(directory, { test: 'true', packages: './a' }, env);
  expect(done).toMatchObject({ code: 0 });
  expect(done.log).toContain('go mod verify: left out, the modules are vendored');
  const { tests } = JSON.parse(readFileSync(done.outputs['release']!, 'utf8')) as ReleaseRecord;
  expect(tests?.map(({ command, packages, tests: count }) => [command, packages, count])).toEqual([
    ['go vet ./a/... ./b/...', 2, undefined],
    ['go test ./a/... ./b/...', 2, 1],
  ]);
}, 120_000);

test('a module in the module cache is not what go.sum says: refused before anything of it runs', async () => {
  const directory = await repository(join(folder, 'changed'), {
    'go.mod': `${goMod}\nrequire github.com/pkg/errors v0.9.1\n`,
    'go.sum': `github.com/pkg/errors v0.9.1 h1:FEBLx1zS214owpjy7qsBeixbURkuhQAwrK5UwLGTwt4=
github.com/pkg/errors v0.9.1/go.mod h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0=
`,
    'main.go': 'package main\n\nimport "github.com/pkg/errors"\n\nfunc main() { println(errors.New("x")) }\n',
  });
  const env = { ...process.env, GOMODCACHE: join(folder, 'changed-modules'), GOFLAGS: '-modcacherw' };
  const go = join(toolCache, 'go/1.26.8', process.arch, 'bin/go');
  await run([go, 'mod', 'download'], { cwd: directory, timeout: 60_000, env });
  appendFileSync(join(env.GOMODCACHE, 'github.com/pkg/errors@v0.9.1/errors.go'), '\nfunc init() { println("evil") }\n');
  const done = await act(directory, { test: 'true', targets: '' }, { GOMODCACHE: env.GOMODCACHE });
  expect(done.code).toBe(1);
  expect(done.log).toMatch(/github\.com\/pkg\/errors v0\.9\.1: dir has been modified.*\[MODULES_CHANGED\]/);
  expect(done.log).not.toContain('::group::go vet');
  expect(done.summary).toContain('| `go mod verify` | failed |');
}, 120_000);

const hangingModule = {
  'go.mod': goMod,
  'main.go': main,
  'hangsforever/x_test.go':
    'package hangsforever\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestHangs(t *testing.T) { time.Sleep(time.Hour) }\n',
};
let cancelled = false;
const cancelAtProgress: NonNullable<Parameters<typeof act>[3]> = (log, child) => {
  if (cancelled || !/go test: \d of 2 packages after/.test(log)) return;
  cancelled = true;
  child.kill('SIGTERM');
};

test('a test that takes long: a line says which after 15 s; cancelled, the group is closed and the test ended', async () => {
  const done = await hanging;
  expect(done.code).toBe(1);
  expect(done.log).toMatch(/go test: 1 of 2 packages after 1\ds; now example\.com\/m\/hangsforever TestHangs\n/);
  expect(groupsOf(done).has('go test ./...')).toBe(true);
  expect(done.log.indexOf('[CANCELLED]')).toBeGreaterThan(done.log.lastIndexOf('::endgroup::'));
  expect(outFiles(hangs)).toEqual([]);
  const { stdout } = await run(['ps', '-eo', 'args'], { timeout: 10_000 });
  expect(stdout.split('\n').filter(line => line.includes('hangsforever.test'))).toEqual([]);
}, 90_000);
