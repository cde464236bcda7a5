import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { act, annotations, goMod, groupsOf, main, outFiles, repository } from '../integration/setup-go-cross-people.ts';
import { git, type Step } from '../integration/setup-go-cross-runner.ts';

// The action on small modules, in processes of its own, with the real go command: what a person sees of a build.
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-people-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a release that passes its tests', () => {
  let directory: string;
  let done: Step;
  let record: ReleaseRecord;
  const size = 1_000_000;
  const old = (target: string) => ({ package: 'example.com/m', target, path: 'x', size, sha256: 'a'.repeat(64) });
  beforeAll(async () => {
    directory = await repository(join(folder, 'good'), {
      'go.mod': goMod,
      'main.go': main,
      'lib/lib.go': 'package lib\n\nfunc One() int { return 1 }\n',
      'lib/lib_test.go': `package lib

import (
	"os"
	"strings"
	"testing"
)

func TestOne(t *testing.T) {
	t.Run("sub", func(t *testing.T) {})
	t.Log("::set-output name=a::b")
}

func TestSeesNoToken(t *testing.T) {
	if strings.Contains(strings.Join(os.Environ(), " "), "t0ken-of-modules") {
		t.Error("the token for private modules is in the environment of the tests")
	}
}
`,
      'lib/tagged_test.go': '//go:build extra\n\npackage lib\n\nimport "testing"\n\nfunc TestTagged(t *testing.T) {}\n',
    });
    const previous = { schema: 'slipway.release/v1', name: 'm', version: 'v1.2.3' };
    const binaries = [old('linux/amd64'), old('plan9/amd64')];
    writeFileSync(join(folder, 'previous.json'), JSON.stringify({ ...previous, binaries }));
    const inputs = { targets: 'linux/amd64,linux/arm64', tags: 'extra', 'previous-release': '../previous.json' };
    done = await act(directory, {
      ...inputs,
      test: 'true',
      'private-token': 'git.example.com=t0ken-of-modules',
    });
    if (done.code !== 0) throw new Error(done.log);
    record = JSON.parse(readFileSync(done.outputs['release']!, 'utf8')) as ReleaseRecord;
  }, 240_000);

  test('the results are in the record: modules, vet, tests with the tags of the build', () => {
    expect(record.tests).toEqual([
      { command: 'go mod verify', result: 'passed', duration: expect.any(Number) },
      { command: 'go vet -tags=extra ./...', result: 'passed', duration: expect.any(Number), packages: 2 },
      { command: 'go test -tags=extra ./...', result: 'passed', duration: expect.any(Number), packages: 2, tests: 4 },
    ]);
    expect(done.summary).toContain('| `go test -tags=extra ./...` | passed | 2 | 4 |');
  });

  test('a group a command and a target, with its command line; no two mix', () => {
    const groups = groupsOf(done);
    expect(groups.get('go test -tags=extra ./...')).toEqual([
      '?   \texample.com/m\t[no test files]',
      expect.stringMatching(/^ok {2}\texample\.com\/m\/lib\t/),
    ]);
    for (const target of ['linux/amd64', 'linux/arm64']) {
      const [title, lines] = [...groups].find(([name]) => name.startsWith(`m ${target}: `))!;
      expect(title).toMatch(/: \d\.\d MB in \S+ \([12] of 2\)$/);
      expect(lines).toEqual([
        expect.stringContaining(`GOARCH=${target.split('/')[1]}`),
        `sha256 ${record.binaries.find(binary => binary.target === target)!.sha256}`,
      ]);
    }
  });

  test('matchers for later steps come last, and their file is there', () => {
    const lines = done.log.split('\n').filter(line => line !== '' && !line.startsWith('::debug::'));
    const [, file] = /^::add-matcher::(.+)$/.exec(lines.at(-1)!)!;
    expect(JSON.parse(readFileSync(file!, 'utf8'))).toHaveProperty('problemMatcher');
  });

  test('the summary compares sizes with the release before, also of a target that is no longer built', () => {
    const [amd64, arm64] = record.binaries.map(binary => `${(binary.size / 1e6).toFixed(1)} MB`);
    expect(done.summary).toMatch(`| linux/amd64 | 1.0 MB | ${amd64} | `);
    expect(done.summary).toContain(`| linux/arm64 |  | ${arm64} | new |`);
    expect(done.summary).toContain('| plan9/amd64 | 1.0 MB |  | not built here |');
    expect(done.summary).toContain('xychart-beta horizontal');
  });

  test('the lines of the summary make the same bytes in a fresh clone elsewhere', async () => {
    const [, lines] = /```sh\n([^`]+)```/.exec(done.summary)!;
    const clone = join(folder, 'some', 'clone');
    await git(folder, 'clone', '-q', directory, clone);
    const path = `${done.path.at(-1)}:${process.env['PATH']}`;
    const env = { ...process.env, PATH: path, GOFLAGS: '-race', GOTOOLCHAIN: 'local' };
    await run(['sh', '-ec', lines!], { cwd: clone, env, timeout: 100_000 });
    const files = ['m-linux-amd64', 'm-linux-arm64'].map(name => join('slipway-out', name));
    const { stdout } = await run(['sha256sum', ...files], { cwd: clone, timeout: 10_000 });
    expect(stdout.match(/^[0-9a-f]{64}/gm)).toEqual(record.binaries.map(({ sha256 }) => sha256));
    // The log has the same lines.
    for (const line of lines!.trim().split('\n').slice(1)) expect(done.log).toContain(`\n${line}\n`);
  }, 120_000);
});

test('a compile error: the group shows it, one annotation at its line', async () => {
  const workspace = await repository(join(folder, 'compile'), {
    'service/go.mod': goMod,
    'service/main.go': 'package main\n\nimport "example.com/m/broken"\n\nfunc main() { broken.X() }\n',
    'service/broken/x.go': 'package broken\n\nfunc X() {\n\tnothing()\n\tX(1)\n}\n',
  });
  const directory = join(workspace, 'service');
  const done = await act(directory, { targets: 'linux/amd64,linux/arm64' }, { GITHUB_WORKSPACE: workspace });
  expect(done.code).toBe(1);
  const [[title, lines], ...more] = [...groupsOf(done)].filter(([name]) => name.startsWith('m linux/')) as [
    [string, string[]],
    ...unknown[],
  ];
  expect(more).toEqual([]);
  const target = /^m (linux\/(amd64|arm64)): failed after /.exec(title)![1];
  expect(lines.slice(1, 3)).toEqual(['# example.com/m/broken', 'broken/x.go:4:2: undefined: nothing']);
  const at = `::error title=go build m ${target},file=service/broken/x.go`;
  expect(annotations(done)).toEqual([
    `${at},line=4,col=2::undefined: nothing`,
    `${at},line=5,col=4::too many arguments in call to X%0A\thave (number)%0A\twant ()`,
  ]);
  expect(outFiles(directory)).toEqual([]);
}, 60_000);

test('a large default.pgo is warned of before the build, with its size and how to build without it', async () => {
  // A profile as protobuf, with nothing but a string table: the empty string and a long one.
  const profile = Buffer.concat([Buffer.from([0x32, 0, 0x32, 0x80, 0x9f, 0x49]), Buffer.alloc(1_200_000, 'x')]);
  const directory = await repository(join(folder, 'pgo'), { 'go.mod': goMod, 'main.go': main, 'default.pgo': profile });
  const warning = /::warning::m is built by the profile \S+default\.pgo \(1\.2 MB\).*GOFLAGS=-pgo=off/;
  const done = await act(directory, {}, {}, (log, child) => {
    if (warning.test(log)) child.kill('SIGTERM');
  });
  expect(done.log).toMatch(warning);
  const without = await act(directory, {}, { GOFLAGS: '-pgo=off' });
  expect(without).toMatchObject({ code: 0 });
  expect(without.log).not.toContain('default.pgo');
}, 60_000);
