import { expect, test } from '@jest/globals';
import { problemOf } from '../../../src/setup-go-cross/test/place.ts';

const folders = new Map([
  ['example.com/p', '/w/p'],
  ['example.com/q', '/w/q'],
]);
const stack = (...frames: string[]) => [
  'panic: oh [recovered]',
  '\tpanic: oh again',
  '',
  'goroutine 7 [running]:',
  'testing.tRunner.func1.2({0x1})',
  '\t/go/src/testing/testing.go:1974 +0x232',
  ...frames,
];
const cases: { name: string; lines: string[]; file?: string; line?: number; message: string }[] = [
  {
    name: 'the last place that it names, with all that it said',
    lines: ['    x_test.go:4: first', '    x_test.go:9: want 1', '        got 2'],
    file: '/w/p/x_test.go',
    line: 9,
    message: 'x_test.go:4: first\nx_test.go:9: want 1\n  got 2',
  },
  {
    name: '-fullpath',
    lines: ['    /w/q/help.go:4: bad'],
    file: '/w/q/help.go',
    line: 4,
    message: '/w/q/help.go:4: bad',
  },
  { name: 'FailNow says nothing', lines: [''], message: 'TestX failed' },
  {
    name: 'a panic: the innermost line of ours',
    lines: ['    x_test.go:4: before', ...stack('example.com/q.At(...)', '\t/w/q/q.go:3', '\t/w/p/x_test.go:7 +0x9')],
    file: '/w/q/q.go',
    line: 3,
    message: 'panic: oh [recovered]\n\tpanic: oh again',
  },
  {
    name: 'a panic with -trimpath',
    lines: stack('example.com/q.At(...)', '\texample.com/q/q.go:3 +0x1'),
    file: '/w/q/q.go',
    line: 3,
    message: 'panic: oh [recovered]\n\tpanic: oh again',
  },
  {
    name: 'a panic elsewhere has no place',
    lines: stack(),
    message: 'panic: oh [recovered]\n\tpanic: oh again',
  },
  {
    name: 'a test that took too long: where it waits, not the goroutine before it',
    lines: [
      'panic: test timed out after 1s',
      '',
      'goroutine 5 [running]:',
      'example.com/q.helper()',
      '\t/w/q/q.go:1 +0x1',
      '',
      'goroutine 7 [sleep]:',
      'time.Sleep(0x1)',
      '\t/go/src/runtime/time.go:363 +0x165',
      'example.com/p.TestX(0x1)',
      '\t/w/p/x_test.go:30 +0x1d',
    ],
    file: '/w/p/x_test.go',
    line: 30,
    message: 'panic: test timed out after 1s',
  },
];
test.each(cases)('$name', ({ lines, file, line, message }) => {
  const problem = problemOf({ package: 'example.com/p', test: 'TestX', lines, compiles: true }, folders);
  expect(problem).toEqual({ title: 'TestX', message, ...(file === undefined ? {} : { file, line }) });
});

test('a long message is cut', () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const { message } = problemOf({ package: 'example.com/p', test: 'TestX', lines, compiles: true }, folders);
  expect(message.split('\n')).toHaveLength(16);
});
