import { expect, test } from '@jest/globals';
import { TestReport } from '../../../src/setup-go-cross/test/report.ts';

const pkg = 'example.com/p';
const event = (Action: string, more: object = {}) => JSON.stringify({ Action, Package: pkg, ...more });
const output = (Output: string, Test?: string) => event('output', Test === undefined ? { Output } : { Output, Test });
function read(...lines: string[]): { report: TestReport; shown: string[] } {
  const report = new TestReport();
  return { report, shown: lines.flatMap(line => report.add(line)) };
}

test('a package that passes: its line, counts, nothing kept', () => {
  const { report, shown } = read(
    event('start'),
    event('run', { Test: 'TestA' }),
    output('=== RUN   TestA\n', 'TestA'),
    event('pass', { Test: 'TestA' }),
    event('skip', { Test: 'TestB' }),
    output('PASS\n'),
    output('ok  \texample.com/p\t0.1s\n'),
    event('pass'),
  );
  expect(shown).toEqual(['ok  \texample.com/p\t0.1s']);
  expect(report).toMatchObject({ packages: 1, tests: 1, failures: [], running: [] });
});

test('of a test that fails with its subtest only the subtest is told', () => {
  const { report } = read(
    event('run', { Test: 'TestA' }),
    event('run', { Test: 'TestA/sub' }),
    output('    x_test.go:4: in two ', 'TestA/sub'),
    output('pieces\n', 'TestA/sub'),
    output('--- FAIL: TestA/sub (0.00s)\n', 'TestA/sub'),
    event('fail', { Test: 'TestA/sub' }),
    event('fail', { Test: 'TestA' }),
    event('fail'),
  );
  expect(report.failures).toEqual([
    { package: pkg, test: 'TestA/sub', lines: ['    x_test.go:4: in two pieces'], compiles: true },
  ]);
});

test('what runs now is told by its innermost name', () => {
  const { report } = read(event('run', { Test: 'TestA' }), event('run', { Test: 'TestA/sub' }));
  expect(report.running).toEqual([`${pkg} TestA/sub`]);
});

test('the process ends in a test: the test that said something failed, those beside it are only counted', () => {
  const { report } = read(
    event('run', { Test: 'TestA' }),
    event('run', { Test: 'TestB' }),
    output('=== RUN   TestB\n', 'TestB'),
    output('panic: oh\n', 'TestA'),
    output('FAIL\texample.com/p\t0.1s\n'),
    event('fail'),
  );
  expect(report.failures).toEqual([{ package: pkg, test: 'TestA', lines: ['panic: oh'], compiles: true }]);
  expect(report).toMatchObject({ tests: 2, running: [] });
});

test('it ends without a word: every test that ran may be the one', () => {
  const { report } = read(event('run', { Test: 'TestA' }), event('run', { Test: 'TestB' }), event('fail'));
  expect(report.failures.map(failure => failure.test)).toEqual(['TestA', 'TestB']);
});

test('a package that does not compile: the compiler’s lines, as events since Go 1.24', () => {
  const build = { ImportPath: 'example.com/p [example.com/p.test]' };
  const { report } = read(
    JSON.stringify({ ...build, Action: 'build-output', Output: 'x_test.go:3:2: undefined: y\n' }),
    JSON.stringify({ ...build, Action: 'build-fail' }),
    output('FAIL\texample.com/p [build failed]\n'),
    event('fail', { FailedBuild: build.ImportPath }),
  );
  expect(report.failures).toEqual([
    { package: pkg, test: undefined, lines: ['x_test.go:3:2: undefined: y'], compiles: false },
  ]);
});

test('before Go 1.24 the compiler’s lines are no events', () => {
  const { report, shown } = read(
    'x_test.go:3:2: undefined: y',
    '{"no": "event"}',
    output('FAIL\texample.com/p [build failed]\n'),
    event('fail'),
  );
  expect(report.said).toEqual(['x_test.go:3:2: undefined: y', '{"no": "event"}']);
  expect(report.failures[0]).toMatchObject({ compiles: false });
  expect(shown).toEqual(['FAIL\texample.com/p [build failed]']);
});
