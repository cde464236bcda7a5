import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { counted }: any = await import(new URL('../../bench/canary/hey.mjs', import.meta.url).href);

test('of hey’s report: every answer that is no 200, and every request without one, is bad', () => {
  const report = `
Summary:
  Total:	3.0020 secs

Status code distribution:
  [200]	570 responses
  [503]	4 responses

Error distribution:
  [2]	Get "http://198.51.100.2:30491/": EOF
  [1]	Get "http://198.51.100.2:30491/": dial tcp 198.51.100.2:30491: connect: connection refused
`;
  const { requests, bad, what } = counted(report);
  expect([requests, bad]).toEqual([577, 7]);
  expect(what).toMatchObject({ 503: 4, 'Get "http://198.51.100.2:30491/": EOF': 2 });
});

test('one that says nothing is an error, not nought', () => {
  expect(() => counted('Usage: hey [options...] <url>')).toThrow('nothing of its requests');
});
