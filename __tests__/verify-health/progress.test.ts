import { expect, test } from '@jest/globals';
import type { Attempt } from '../../src/core/health/index.ts';
import { parseChecks } from '../../src/core/health/index.ts';
import { Progress } from '../../src/verify-health/progress.ts';

/** The lines about so many checks: all healthy at once but the last, which recovers. */
function lines(count: number): string[] {
  const checks = parseChecks(Array.from({ length: count }, (_, at) => `http://h/${at}`).join('\n'));
  const written: string[] = [];
  using progress = new Progress(checks, [], 60_000, line => written.push(line));
  const tell = (at: number, ok: boolean) =>
    progress.attempt({
      check: checks[at]!,
      observation: { ok, detail: ok ? 'fine' : 'refused', reason: ok ? undefined : 'refused' },
    } as Attempt);
  for (let at = 0; at < count - 1; at++) tell(at, true);
  tell(count - 1, false);
  tell(count - 1, true);
  return written;
}

test('each that becomes healthy has a line', () => {
  expect(lines(3).map(line => line.trim().split(' ').slice(1).join(' '))).toEqual([
    '✓ http://h/0: fine',
    '✓ http://h/1: fine',
    '✗ http://h/2: refused',
    '✓ http://h/2: fine',
  ]);
});

test('of a thousand only those that are not healthy at once', () => {
  expect(lines(1000)).toEqual([expect.stringContaining('✗ http://h/999'), expect.stringContaining('✓ http://h/999')]);
});
