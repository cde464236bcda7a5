import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const { simulatedTables }: any = await import(new URL('../../scripts/generate/simulated.mjs', import.meta.url).href);

test('nothing simulated yet', () => expect(simulatedTables(undefined)).toContain('npm run bench -- canary'));

test('the rules side by side, then our own ways, then what was missed', () => {
  const seen = (rollbacks: number, inconclusive = 0) => ({ rollbacks, inconclusive, time: 37.5, served: 7 });
  const result = {
    date: '2026-11-21T07:31:57.023Z',
    rows: [
      { name: 'good: false rollbacks', goal: '≤ 10', met: false },
      { name: 'bad', goal: '', met: undefined },
    ],
    samples: {
      releases: 2000,
      cells: {
        good: { Argo: seen(3), ours: seen(2.5, 997.5) },
        bad: { Argo: seen(1000), ours: seen(401), 'ours, group-by': seen(1000) },
      },
    },
  };
  expect(simulatedTables(result).split('\n')).toEqual([
    '|  | Argo | ours |',
    '|---|---|---|',
    '| good | 3 | 2.5, 997.5 inconclusive |',
    '| bad | 1000 (37.5 s / 7) | 401 (37.5 s / 7) |',
    '',
    '|  | Ours | Of 1000 |',
    '|---|---|---|',
    '| bad | ours | 401 (37.5 s / 7) |',
    '| bad | ours, group-by | 1000 (37.5 s / 7) |',
    '',
    '- Missed: good: false rollbacks (≤ 10).',
    '',
    '`npm run bench -- canary --only simulated`, 2026-11-21, 2000 releases a cell, the same seeds for every rule.',
  ]);
});
