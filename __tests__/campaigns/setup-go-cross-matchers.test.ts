import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Finished, run } from '../../src/core/process.ts';
import { matcherOwners, matchersFile } from '../../src/setup-go-cross/problem-matchers.ts';
import { describeWith } from '../integration/lab.ts';
import { type Issue, readByMatchers } from '../integration/problem-matcher.ts';

// The matchers of later steps against what the real go command prints there, read as the runner reads it.
const sources = {
  'go.mod': 'module example.com/m\n\ngo 1.25.0\n',
  'main.go': 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Printf("%d\\n", "x") }\n',
  'broken/deep/x.go': 'package deep\n\nfunc X() int { return f(1, 2) }\n\nfunc f(int) int { return y }\n',
  'syntax/x.go': 'package syntax\n\nfunc X( { }\n',
  'missing/x.go': 'package missing\n\nimport _ "example.com/m/nothing"\n',
  'failing/x_test.go': `package failing

import "testing"

func TestLog(t *testing.T) {
	t.Log("before")
	t.Errorf("want %d\\nsecond line", 1)
}

func TestSub(t *testing.T) {
	t.Run("one", func(t *testing.T) { t.Fatal("no") })
	t.Run("two", func(t *testing.T) { t.Log("x.go:1:2: not a problem") })
}

func TestFatal(t *testing.T) { t.Fatal("at once") }

func TestPasses(t *testing.T) { t.Log("said by a test that passes") }
`,
  'panicking/x_test.go': `package panicking

import "testing"

func TestPanic(t *testing.T) {
	var list []int
	_ = list[len(list)]
}
`,
  // What testify's assert.Equal says, without its dependencies.
  'asserting/x_test.go': `package asserting

import (
	"runtime"
	"testing"
)

func TestEqual(t *testing.T) {
	_, file, _, _ := runtime.Caller(0)
	t.Errorf("\\n\\tError Trace:\\t%s:%d\\n\\tError:      \\tNot equal: \\n\\t            \\texpected: 1\\n\\tTest:       \\tTestEqual\\n", file, 10)
}
`,
};

await describeWith('go', 'problem matchers for later steps', ({ go }) => {
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'slipway-matchers-'));
    for (const [name, text] of Object.entries(sources)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const started = (...args: string[]): Promise<Finished> =>
    run([go, ...args], {
      cwd: folder,
      env: { ...process.env, GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' },
      timeout: 100_000,
      accept: [1, 2],
    });
  /** What the runner makes of a go command that fails. */
  const issues = async (...args: string[]): Promise<Issue[]> => {
    const { code, stdout, stderr } = await started(...args);
    expect(code).not.toBe(0);
    return readByMatchers(matchersFile, `${stdout}\n${stderr}`.split('\n'));
  };

  const compiler = 'slipway-go-compiler';
  const cases: { name: string; args: string[]; found: Issue[] }[] = [
    {
      name: 'compile errors, also in a folder below, where go writes no ./',
      args: ['build', './broken/...'],
      found: [
        {
          owner: compiler,
          file: 'broken/deep/x.go',
          line: '3',
          column: '28',
          message: 'too many arguments in call to f',
        },
        { owner: compiler, file: 'broken/deep/x.go', line: '5', column: '26', message: 'undefined: y' },
      ],
    },
    {
      name: 'a syntax error',
      args: ['build', './syntax'],
      found: [
        {
          owner: compiler,
          file: 'syntax/x.go',
          line: '3',
          column: '9',
          message: 'syntax error: unexpected {, expected )',
        },
      ],
    },
    {
      name: 'a package that is not there',
      args: ['build', './missing'],
      found: [
        {
          owner: compiler,
          file: 'missing/x.go',
          line: '3',
          column: '8',
          message: expect.stringContaining('example.com/m/nothing') as unknown as string,
        },
      ],
    },
    {
      name: 'what vet finds',
      args: ['vet', '.'],
      found: [
        {
          owner: compiler,
          file: expect.stringMatching(/^(\.\/)?main\.go$/) as unknown as string,
          line: '5',
          column: '27',
          message: 'fmt.Printf format %d has arg "x" of wrong type string',
        },
      ],
    },
    {
      name: 'what vet cannot compile',
      args: ['vet', './broken/...'],
      found: [
        {
          owner: compiler,
          file: 'broken/deep/x.go',
          line: '3',
          column: '28',
          message: 'too many arguments in call to f',
        },
      ],
    },
    {
      name: 'failed tests',
      args: ['test', './failing'],
      found: [
        { owner: 'slipway-go-test', code: 'TestLog', file: 'x_test.go', line: '6', message: 'before' },
        { owner: 'slipway-go-test', code: 'TestLog', file: 'x_test.go', line: '7', message: 'want 1' },
        { owner: 'slipway-go-test', code: 'TestSub/one', file: 'x_test.go', line: '11', message: 'no' },
        { owner: 'slipway-go-test', code: 'TestFatal', file: 'x_test.go', line: '15', message: 'at once' },
      ],
    },
    {
      name: 'failed tests with -v: the place of a test that said one thing, and nothing of those that passed',
      args: ['test', '-v', '-run', 'Fatal|Sub|Passes', './failing'],
      found: [
        { owner: 'slipway-go-test-verbose', code: 'TestFatal', file: 'x_test.go', line: '15', message: 'at once' },
      ],
    },
    {
      name: 'with -fullpath the file is named with its folder',
      args: ['test', '-fullpath', '-run', 'Sub', './failing'],
      found: [
        {
          owner: 'slipway-go-test',
          code: 'TestSub/one',
          file: expect.stringMatching(/^\/.*\/failing\/x_test\.go$/) as unknown as string,
          line: '11',
          message: 'no',
        },
      ],
    },
    {
      name: 'a panic',
      args: ['test', './panicking'],
      found: [
        {
          owner: 'slipway-go-panic',
          file: expect.stringMatching(/\/panicking\/x_test\.go$/) as unknown as string,
          line: '7',
          message: expect.stringMatching(/^example\.com\/m\/panicking\.TestPanic\(/) as unknown as string,
        },
      ],
    },
    {
      name: 'assertions of testify',
      args: ['test', './asserting'],
      found: [
        {
          owner: 'slipway-go-testify',
          file: expect.stringMatching(/\/asserting\/x_test\.go$/) as unknown as string,
          line: '10',
          message: expect.stringMatching(/^Not equal:/) as unknown as string,
        },
      ],
    },
  ];
  test.each(cases)('$name', async ({ args, found }) => expect(await issues(...args)).toEqual(found), 60_000);

  test('an error in go.mod', async () => {
    const module = join(folder, 'go.mod');
    writeFileSync(module, `${sources['go.mod']}\nnonsense\n`);
    expect(await issues('build', '.')).toEqual([
      {
        owner: 'slipway-go-module',
        file: expect.stringMatching(/go\.mod$/),
        line: '5',
        column: '',
        message: expect.any(String),
      },
    ]);
  });
});

test('every matcher can be taken away again by its owner', () => {
  const { problemMatcher } = JSON.parse(readFileSync(matchersFile, 'utf8')) as { problemMatcher: { owner: string }[] };
  expect(problemMatcher.map(({ owner }) => owner)).toEqual(matcherOwners);
});
