import { describe, expect, test } from '@jest/globals';
import { type Problem, problemsIn, problemsOf } from '../../src/setup-go-cross/problems.ts';

const cases: { name: string; lines: string[]; found: Omit<Problem, 'title'>[] }[] = [
  {
    name: 'a relative path begins where go ran',
    lines: ['# example.com/m/x', 'x/x.go:3:23: undefined: y'],
    found: [{ file: '/w/x/x.go', line: 3, column: 23, message: 'undefined: y' }],
  },
  {
    name: 'an absolute one is taken as it is, once',
    lines: ['/go/x.go:1:2: bad', '/go/x.go:1:2: bad'],
    found: [{ file: '/go/x.go', line: 1, column: 2, message: 'bad' }],
  },
  {
    name: 'lines with a tab go on',
    lines: ['./x.go:5:4: too many arguments', '\thave (number)', '\twant ()', '# other', '\tnot of it'],
    found: [{ file: '/w/x.go', line: 5, column: 4, message: 'too many arguments\n\thave (number)\n\twant ()' }],
  },
  { name: 'vet', lines: ['vet: ./x.go:5:4: bad'], found: [{ file: '/w/x.go', line: 5, column: 4, message: 'bad' }] },
  {
    name: 'go.mod has no columns',
    lines: ['go: errors parsing go.mod:', 'go.mod:5: unknown directive: x'],
    found: [{ file: '/w/go.mod', line: 5, column: undefined, message: 'unknown directive: x' }],
  },
  {
    name: 'what a program or a test logs is no problem',
    lines: ['main.go:12: listening on :8080', '    x_test.go:9: want 1', '  x.go:1:2: indented'],
    found: [],
  },
];
test.each(cases)('$name', ({ lines, found }) => {
  expect(problemsIn(lines, '/w', 't')).toEqual(found.map(problem => ({ ...problem, title: 't' })));
});

describe('of an error', () => {
  test('what the command printed is found behind what was made of it', () => {
    const inner = new Error('PROCESS_FAILED', { cause: { stderr: './x.go:1:2: bad\n' } });
    expect(problemsOf(new Error('outer', { cause: inner }), '/w', 't')).toHaveLength(1);
  });
  test.each([undefined, 'text', new Error('x')])('%s has none', error => {
    expect(problemsOf(error, '/w', 't')).toEqual([]);
  });
});
