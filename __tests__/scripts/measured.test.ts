import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const { measuredTable }: any = await import(new URL('../../scripts/generate/measured.mjs', import.meta.url).href);

test('nothing measured yet', () => expect(measuredTable([], 'cross')).toContain('npm run bench -- cross'));

test('the rows of all benchmarks in one table, then where and with what each was measured', () => {
  const row = { name: 'cold', ours: 1.5, oursRange: [1, 2], peer: 2, peerRange: [2, 2], ratio: 0.75 };
  const result = {
    name: 'cross',
    unit: 's',
    date: '2026-11-21T07:31:57.023Z',
    rounds: 3,
    machine: { cores: 2, memory: 25276514304 },
    versions: { go: 'go1.26.8', goreleaser: 'v2.16.0' },
    rows: [
      { ...row, goal: 'ratio ≤ 0.5', met: false },
      { ...row, unit: 'calls', goal: '≤ 2', met: true },
      { ...row, unit: 'MB', goal: '' },
    ],
  };
  expect(measuredTable([result]).split('\n')).toEqual([
    '| Measured | Ours | Peer | Ratio | Goal |',
    '|---|---|---|---|---|',
    '| cold | 1.50 s (1.00–2.00) | 2.00 s | 0.75 | ratio ≤ 0.5 (missed) |',
    '| cold | 2 calls (1–2) | 2 calls | 0.75 | ≤ 2 |',
    '| cold | 1.5 MB (1.0–2.0) | 2.0 MB | 0.75 |  |',
    '',
    '`npm run bench -- cross`, 2026-11-21, 3 rounds, 2 cores, 24 GiB: go 1.26.8, goreleaser 2.16.0.',
  ]);
  expect(measuredTable([{ ...result, part: 'warm' }])).toContain('`npm run bench -- cross --only warm`, 2026');
});
