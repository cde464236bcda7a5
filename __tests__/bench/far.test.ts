import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { oneAfterTheOther, startFar }: any = await import(new URL('../../bench/lib/far.mjs', import.meta.url).href);
const { createServer } = await import('node:http');

test.each([
  ['none', [], 0],
  [
    'one after the other',
    [
      [0, 1],
      [1, 2],
      [5, 9],
    ],
    3,
  ],
  [
    'at the same time',
    [
      [0, 5],
      [1, 6],
      [2, 7],
    ],
    1,
  ],
  [
    'a long one beside two short ones',
    [
      [0, 10],
      [0, 4],
      [5, 9],
    ],
    2,
  ],
  [
    'one without an answer',
    [
      [0, 1],
      [2, Number.POSITIVE_INFINITY],
    ],
    2,
  ],
] as [string, [number, number][], number][])('exchanges: %s', (_, spans, expected) => {
  expect(oneAfterTheOther(spans.map(([start, end]) => ({ start, end })))).toBe(expected);
});

test('a server that is far away answers as much later, and its round trips are counted', async () => {
  const server = createServer((_, answer) => answer.end('here'));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const far = await startFar(`127.0.0.1:${port}`, 40);
  try {
    const ask = async () => (await fetch(`http://${far.host}/`)).text();
    const began = performance.now();
    expect(await ask()).toBe('here');
    expect(performance.now() - began).toBeGreaterThan(39);
    await Promise.all([ask(), ask(), ask()]);
    await ask();
    expect(far.roundTrips()).toBe(3);
    expect(far.roundTrips()).toBe(0);
  } finally {
    await far.end();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  }
});
