import { join } from 'node:path';
import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const { durations }: any = await import(new URL('../../scripts/test/durations.mjs', import.meta.url).href);
const root = join(import.meta.dirname, '../..');

const file = (name: string, startTime: number, endTime: number) => ({ name: join(root, name), startTime, endTime });

test('each lane, and the files that took the longest', () => {
  const host = { name: 'host', began: 0, until: 9_400, testResults: [file('a', 0, 2_000), file('b', 2_000, 9_000)] };
  const cluster = { name: 'cluster', began: 0, until: 5_000, testResults: [file('c', 0, 4_600)] };
  expect(durations([host, cluster])).toEqual([
    'lane host: 9 s, 2 files',
    'lane cluster: 5 s, 1 files',
    '7 s b',
    '5 s c',
    '2 s a',
  ]);
});

test('of many files a few are named', () => {
  const testResults = Array.from({ length: 100 }, (_, index) => file(`f${index}`, 0, index * 1000));
  const lines = durations([{ name: 'unit', began: 0, until: 1, testResults }]);
  expect(lines.slice(0, 3)).toEqual(['lane unit: 0 s, 100 files', '99 s f99', '98 s f98']);
  expect(lines.length).toBeLessThan(20);
});
