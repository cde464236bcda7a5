import { expect, test } from '@jest/globals';
import { SlipwayError } from '../../../../src/core/errors.ts';
import {
  oomKills,
  outOfMemory,
  wasOutOfMemory,
} from '../../../../src/setup-go-cross/build/parallelism/out-of-memory.ts';

const failed = (code: number, stderr: string) =>
  new SlipwayError('GO_FAILED', 'building x', {
    cause: new SlipwayError('PROCESS_FAILED', 'go build', { cause: { code, stderr, stdout: '' } }),
  });
const killed = failed(1, 'example.com/x: /go/pkg/tool/compile: signal: killed\n');

test.each<[name: string, error: unknown, before: number | undefined, now: number | undefined, expected: boolean]>([
  ['a compile was killed, the kernel counted', killed, 3, 4, true],
  ['a compile was killed, and not by the kernel', killed, 3, 3, false],
  ['a compile was killed, the kernel does not count', killed, undefined, undefined, true],
  ['go itself was killed', failed(-1, ''), 3, 4, true],
  ['a compile error while the kernel killed somebody else', failed(1, './main.go:3:1: syntax error'), 3, 4, false],
  ['no process at all', new Error('signal: killed'), 3, 4, false],
])('%s', (_, error, before, now, expected) => expect(wasOutOfMemory(error, before, now)).toBe(expected));

test('the kernel’s count', () => {
  expect(oomKills(() => 'nr_free_pages 12\noom_kill 7\n')).toBe(7);
  expect(oomKills(() => undefined)).toBeUndefined();
});

test('the error names the program, what it took and what there is', () => {
  const gb = 1e9;
  const room = { limit: 3 * gb, free: 0 };
  const error = outOfMemory('api linux/arm64', room, { go: 0, tool: 2.5 * gb, peak: 2.6 * gb, p: 1 }, killed);
  expect(error.message).toContain('building api linux/arm64 was ended by the kernel');
  expect(error.message).toContain('held 2.5 GB of the 3.0 GB that there are');
});
