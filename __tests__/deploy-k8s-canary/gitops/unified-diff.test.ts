import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { run } from '../../../src/core/process.ts';
import { unifiedDiff } from '../../../src/deploy-k8s-canary/gitops/unified-diff.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-diff-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What git makes of a file by a difference. */
async function applied(before: string, diff: readonly string[]): Promise<string> {
  const file = join(folder, 'a.yaml');
  await writeFile(file, before);
  const input = `${diff.join('\n')}\n`;
  if (diff.length > 0) await run(['git', '-C', folder, 'apply', '--unidiff-zero', '-'], { input, timeout: 30_000 });
  return readFile(file, 'utf8');
}

describe('the difference of a file', () => {
  test.each([
    ['nothing', 'a\nb\n', 'a\nb\n', []],
    ['a line', 'a\nb\nc\n', 'a\nB\nc\n', ['@@ -2 +2 @@', '-b', '+B']],
    ['lines that come', 'a\nb\n', 'a\nx\ny\nb\n', ['@@ -1,0 +2,2 @@', '+x', '+y']],
    ['two places', 'a\nb\nc\nd\n', 'A\nb\nc\nD\n', ['@@ -1 +1 @@', '-a', '+A', '@@ -4 +4 @@', '-d', '+D']],
    [
      'no end of line',
      'a\nb',
      'a\nc',
      ['@@ -2 +2 @@', '-b', '\\ No newline at end of file', '+c', '\\ No newline at end of file'],
    ],
  ])('%s', (_, before, after, hunks) => {
    const head = hunks.length === 0 ? [] : ['--- a/a.yaml', '+++ b/a.yaml'];
    expect(unifiedDiff('a.yaml', before, after)).toEqual([...head, ...hunks]);
  });

  test('git makes the new file of the old one by it', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', '', 'd\r'), { minLength: 1, maxLength: 12 })
      .map(lines => lines.join('\n'))
      .filter(one => one !== '');
    await fc.assert(
      fc.asyncProperty(text, text, async (before, after) => {
        expect(await applied(before, unifiedDiff('a.yaml', before, after))).toBe(after);
      }),
      { numRuns: 40 },
    );
  });
});
