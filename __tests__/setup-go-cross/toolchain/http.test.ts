import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { download } from '../../../src/setup-go-cross/toolchain/download.ts';
import { bare, getText } from '../../../src/setup-go-cross/toolchain/http.ts';
import { fromMap, type Handler, serve } from '../server.ts';

const signal = new AbortController().signal;
const patience = { connect: 300, idle: 300 };
const closing: (() => Promise<void>)[] = [];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-http-'));
});
afterEach(async () => {
  await Promise.all(closing.splice(0).map(close => close()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(handler: Handler) {
  const server = await serve(handler);
  closing.push(server.close);
  return server;
}

test('user and password go to their own origin only and are never shown', async () => {
  const seen: (string | undefined)[] = [];
  const other = await start((request, response) => {
    seen.push(request.headers.authorization);
    response.end('there');
  });
  const first = await start((request, response) => {
    seen.push(request.headers.authorization);
    response.writeHead(302, { location: `${other.url}/x` }).end();
  });
  const address = `${first.url.replace('//', '//ada:s%20ecret@')}/x`;
  expect(await getText(address, { signal })).toBe('there');
  expect(seen).toEqual([`Basic ${Buffer.from('ada:s ecret').toString('base64')}`, undefined]);
  expect(bare(address)).not.toContain('ecret');
});

describe('a source that is not there', () => {
  const absent = { code: 'SOURCE_UNAVAILABLE' };
  const cases: { name: string; handler: Handler }[] = [
    { name: 'status 500', handler: (_, response) => response.writeHead(500).end() },
    { name: 'never answers', handler: () => undefined },
    {
      name: 'stops in the middle',
      handler: (_, response) => response.writeHead(200, { 'content-length': 99 }).write('x'),
    },
    {
      name: 'drips',
      handler: (_, response) => {
        response.writeHead(200, { 'content-length': 99 });
        const timer = setInterval(() => response.write('x'), 50);
        response.once('close', () => clearInterval(timer));
      },
    },
    {
      name: 'breaks off',
      handler: (_, response) => response.writeHead(200, { 'content-length': 99 }).write('x', () => response.destroy()),
    },
    {
      name: 'redirects without end',
      handler: (request, response) => response.writeHead(302, { location: request.url! }).end(),
    },
  ];
  test.each(cases)('$name', async ({ handler }) => {
    const { url } = await start(handler);
    await expect(getText(`${url}/x`, { signal, patience })).rejects.toMatchObject(absent);
  });

  test('refused, and no such name, are said at once', async () => {
    await expect(getText('http://127.0.0.1:1/', { signal })).rejects.toMatchObject(absent);
    await expect(getText('https://does-not-exist.invalid/', { signal })).rejects.toMatchObject(absent);
  });

  test('a TLS handshake that never ends', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    closing.push(async () => void server.close());
    const { port } = server.address() as { port: number };
    const started = Date.now();
    await expect(getText(`https://127.0.0.1:${port}/`, { signal, patience })).rejects.toMatchObject(absent);
    expect(Date.now() - started).toBeLessThan(2000);
  });
});

test('cancellation is not mistaken for an absent source', async () => {
  const { url } = await start(() => undefined);
  const controller = new AbortController();
  const reason = new Error('cancelled');
  setTimeout(() => controller.abort(reason), 50);
  await expect(getText(url, { signal: controller.signal })).rejects.toBe(reason);
});

describe('download', () => {
  test('a connection that broke off is tried again', async () => {
    let tries = 0;
    const { url } = await start((_, response) => {
      tries++;
      response.writeHead(200, { 'content-length': 5 });
      if (tries === 1) response.write('ab', () => response.destroy());
      else response.end('abcde');
    });
    const got = await download(`${url}/x`, join(folder, 'x'), { signal });
    expect([tries, got?.size, readFileSync(join(folder, 'x'), 'utf8')]).toEqual([2, 5, 'abcde']);
    expect(got?.sha256).toBe('36bbe50ed96841d10443bcb670d6554f0a34b761be67ec9c4a8ad2c0c44ca42c');
  });

  test('404 is no error but an answer, and is not repeated', async () => {
    const server = await start(fromMap({}));
    expect(await download(`${server.url}/x`, join(folder, 'x'), { signal })).toBeUndefined();
    expect(server.asked).toEqual(['/x']);
  });

  test('file: URLs', async () => {
    writeFileSync(join(folder, 'a'), 'abc');
    const url = pathToFileURL(join(folder, 'a')).href;
    expect((await download(url, join(folder, 'b'), { signal }))?.size).toBe(3);
    expect(await download(`${url}-absent`, join(folder, 'b'), { signal })).toBeUndefined();
  });
});
