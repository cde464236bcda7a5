import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const { countsOf, sum }: any = await import(new URL('../../scripts/test/counts.mjs', import.meta.url).href);

const file = (status: string, ...states: string[]) => ({
  status,
  assertionResults: states.map(one => ({ status: one })),
});

test('tests are counted by what became of them', () => {
  const testResults = [file('passed', 'passed', 'pending', 'todo'), file('failed', 'failed', 'passed')];
  expect(countsOf({ testResults, ended: 1 })).toEqual({ passed: 2, failed: 1, skipped: 2 });
});

test('a file that could not be loaded is a failure, and so is a jest that ended badly with nothing failed', () => {
  expect(countsOf({ testResults: [file('failed')], ended: 1 }).failed).toBe(1);
  expect(countsOf({ testResults: [file('passed', 'passed')], ended: 1 }).failed).toBe(1);
  expect(countsOf({ testResults: [file('passed', 'passed')], ended: 0 }).failed).toBe(0);
});

test('lanes are added', () => {
  const one = { passed: 1, failed: 2, skipped: 3 };
  expect(sum([one, one])).toEqual({ passed: 2, failed: 4, skipped: 6 });
});
