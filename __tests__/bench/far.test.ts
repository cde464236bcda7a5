import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the benchmarks are plain JavaScript
const { oneAfterTheOther, startFar }: any = await import(new URL('../../bench/lib/far.mjs', import.meta.url).href);
const { createServer } = await import('node:http');
const net = await import('node:net');

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

test('the turns of a conversation are counted, whatever it is about, and nothing comes in another order', async () => {
  const server = net.createServer(socket => {
    socket.write('welcome ');
    socket.on('data', chunk => socket.write(chunk));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const far = await startFar(`127.0.0.1:${(server.address() as { port: number }).port}`, 40, { opening: true });
  const [host, port] = far.host.split(':');
  const began = performance.now();
  const client = net.connect({ host, port: Number(port), noDelay: true });
  let heard = '';
  client.setEncoding('utf8').on('data', text => (heard += text));
  const until = async (text: string) => {
    while (heard !== text) await new Promise(resolve => setTimeout(resolve, 1));
  };
  try {
    // sent while the connection is not open yet, and just when it is
    for (const word of ['a', 'b', 'c', 'd']) {
      client.write(word);
      await new Promise(resolve => setTimeout(resolve, 15));
    }
    await until('welcome abcd');
    expect(performance.now() - began).toBeGreaterThan(79);
    const before = far.turns();
    expect(before).toBeGreaterThan(0);
    far.sent();
    client.write('e');
    await until('welcome abcde');
    client.write('f');
    await until('welcome abcdef');
    expect(far.turns()).toBe(2);
    expect(far.sent()).toBe(2);
    expect(far.turns()).toBe(0);
  } finally {
    client.destroy();
    await far.end();
    await new Promise(resolve => server.close(resolve));
  }
});
