import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { beginRecord } from '../../src/core/record/begin.ts';
import { closeRecord } from '../../src/verify-health/close.ts';
import type { Finding } from '../../src/verify-health/finding.ts';

test('the record keeps the attempts over time of what is worth a chart, and of nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-close-'));
  try {
    const series = [0, 1000, 2000, 3000].map(from => ({ from, attempts: 4, failures: 1, slowest: 12 }));
    const finding = (name: string, buckets: typeof series): Finding => {
      return { kind: 'check', name, verdict: 'passed', detail: '', started: 0, ended: 1, series: buckets };
    };
    const findings = [...'abcdefg'].map(name => finding(name, series));
    const loaded = beginRecord(directory, { name: 'hello', version: 'v1' });
    const verdict = { verdict: 'verified', identity: 'proven', reasons: [] } as const;
    await closeRecord(loaded, [finding('short', series.slice(2)), ...findings], verdict, new Date(0));
    const { checks } = JSON.parse(await readFile(loaded.file, 'utf8')).verification;
    expect(checks).toHaveLength(8);
    expect(checks[1].series).toEqual(series);
    const kept = checks.filter((one: object) => 'series' in one).map(({ name }: { name: string }) => name);
    expect(kept.join('')).toBe('abcdef');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
