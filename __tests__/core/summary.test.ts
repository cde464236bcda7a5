import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { codeBlock, table, timeline, writeSummary } from '../../src/core/summary.ts';

describe('the job summary', () => {
  test('a table survives cells with bars and line ends', () => {
    expect(table(['a', 'b'], [['x|y', 'one\ntwo']])).toBe('| a | b |\n|---|---|\n| x\\|y | one<br>two |');
  });

  test('the timeline is a Mermaid gantt chart that begins at zero', () => {
    expect(
      timeline('T', [
        { name: 'push: a, b', start: 1000, end: 1500 },
        { name: 'fail', start: 1500, end: 3500, failed: true },
      ]),
    ).toBe(
      '```mermaid\ngantt\n    title T\n    dateFormat YYYY-MM-DDTHH:mm:ss.SSS\n    axisFormat %M:%S\n    push∶ a b (500ms) :t0, 2001-01-01T00:00:00.000, 500ms\n    fail (2s) :crit, t1, 2001-01-01T00:00:00.500, 2000ms\n```',
    );
  });

  test('what it is about stands beside its bars, with room for the longest', () => {
    const spans = ['a', 'a', 'b.example.com'].map((section, start) => ({ name: 'x', section, start, end: start + 1 }));
    expect(timeline('T', spans)).toMatch(
      /^```mermaid\n%%\{init: \{"gantt": \{"leftPadding": 111\}\}\}%%\ngantt\n[\s\S]* {4}section a\n {4}x.*\n {4}x.*\n {4}section b\.example\.com\n {4}x/,
    );
  });

  test('an axis of hours where it took hours', () => {
    expect(timeline('T', [{ name: 'a', start: 0, end: 3_600_000 }])).toContain('axisFormat %H:%M:%S');
  });

  test('what is over the runner’s limit is cut, not lost', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'summary-'));
    const file = join(folder, 'summary.md');
    await writeSummary('x'.repeat(2_000_000), { GITHUB_STEP_SUMMARY: file });
    const written = await readFile(file, 'utf8');
    expect(Buffer.byteLength(written)).toBeLessThan(1024 * 1024);
    expect(written).toContain('was cut');
    await rm(folder, { recursive: true });
  });

  test('the limit holds for all that is written into one file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'summary-'));
    const file = join(folder, 'summary.md');
    for (const text of ['a', 'b', 'c']) await writeSummary(text.repeat(700_000), { GITHUB_STEP_SUMMARY: file });
    const written = await readFile(file, 'utf8');
    expect(Buffer.byteLength(written)).toBeLessThan(1024 * 1024);
    expect(written.slice(0, 700_000)).toBe('a'.repeat(700_000));
    expect(written).toMatch(/b\n\n_The summary was cut at 1 MiB._\n\n$/);
    await rm(folder, { recursive: true });
  });

  test('without a runner nothing is written', async () => expect(await writeSummary('x', {})).toBeUndefined());
});

test('a code block that nothing in it can end', () => {
  expect(codeBlock('plain')).toBe('```text\nplain\n```');
  expect(codeBlock('a\n````\n## b', 'sh')).toBe('`````sh\na\n````\n## b\n`````');
});
