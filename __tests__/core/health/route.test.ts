import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ProbeOptions, parseChecks, probe } from '../../../src/core/health/index.ts';
import { proxyFor } from '../../../src/core/health/proxy.ts';
import { freePort, httpServer, type TestServer, tcpServer } from './servers.ts';

const look = (text: string, options: ProbeOptions = {}) => probe(parseChecks(text)[0]!, { timeout: 3000, ...options });

describe('addresses of a name', () => {
  test('the check’s own instead of DNS; the host and the name stay', async () => {
    await using server = await httpServer((request, response) => response.end(request.headers.host));
    const seen = await look(`http://no-such-name.invalid:${server.port}/ resolve 127.0.0.1`);
    expect(seen).toMatchObject({ ok: true, bodyHead: `no-such-name.invalid:${server.port}` });
    expect(await look(`[{"tcp": "db.invalid:${server.port}", "resolve": {"DB.invalid": "127.0.0.1"}}]`)).toMatchObject({
      ok: true,
    });
  });

  test('a redirect to another name does not go to that address', async () => {
    await using server = await httpServer((request, response) =>
      request.url === '/away'
        ? response.writeHead(302, { location: `http://other.invalid:${server.port}/` }).end()
        : response.end(),
    );
    const url = `http://own.invalid:${server.port}/away`;
    expect(await look(`${url} resolve 127.0.0.1`)).toMatchObject({ ok: false, reason: 'dns' });
    const both = `{"own.invalid": "127.0.0.1", "other.invalid": "127.0.0.1"}`;
    expect(await look(`[{"url": "${url}", "resolve": ${both}}]`)).toMatchObject({ ok: true });
  });

  test('one family only', async () => {
    await using server = await httpServer((_, response) => response.end(), '::1');
    expect(await look(`http://localhost:${server.port}/ ip 6`)).toMatchObject({
      ok: true,
      addresses: [{ address: '::1', family: 6 }],
    });
    const refused = await look(`http://localhost:${server.port}/ ip 4`);
    expect(refused).toMatchObject({ ok: false, reason: 'refused', addresses: [{ family: 4 }] });
    expect(await look(`http://127.0.0.1:${server.port}/ ip 6`)).toMatchObject({ ok: false, reason: 'dns' });
  });

  test('each of several is asked, and the one that fails is named', async () => {
    await using good = await httpServer((_, response) => response.end());
    await using bad = await httpServer((_, response) => response.writeHead(503).end(), '127.0.0.2', good.port);
    const url = `http://app.invalid:${good.port}/`;
    const any = await look(`[{"url": "${url}", "resolve": ["127.0.0.1", "127.0.0.2"]}]`);
    expect(any.ok).toBe(true);
    const all = await look(`[{"url": "${url}", "resolve": ["127.0.0.1", "127.0.0.2"], "addresses": "all"}]`);
    expect(all).toMatchObject({
      ok: false,
      reason: 'status',
      addresses: [
        { address: '127.0.0.1', family: 4 },
        { address: '127.0.0.2', family: 4, error: 'status' },
      ],
    });
    expect(all.detail).toBe('1 of 2 addresses fail, 127.0.0.2 (IPv4): status 503 instead of 2xx');
    await bad[Symbol.asyncDispose]();
    await using _mended = await httpServer((_, response) => response.end(), '127.0.0.2', good.port);
    const mended = await look(`[{"url": "${url}", "resolve": ["127.0.0.1", "127.0.0.2"], "addresses": "all"}]`);
    expect(mended).toMatchObject({ ok: true, detail: 'status 200 at each of 2 addresses' });
  });

  test('all addresses of localhost are those that somebody listens on', async () => {
    await using server = await httpServer((_, response) => response.end());
    expect(await look(`http://localhost:${server.port}/ addresses all`)).toMatchObject({ ok: true });
    expect(await look(`http://localhost:${await freePort()}/ addresses all`)).toMatchObject({
      ok: false,
      reason: 'refused',
    });
  });

  test('an address without an answer does not make the others wait, nor the attempt late', async () => {
    await using silent = await tcpServer(() => undefined);
    await using _good = await httpServer((_, response) => response.end(), '127.0.0.2', silent.port);
    const began = performance.now();
    const seen = await look(
      `[{"url": "http://a.invalid:${silent.port}/", "resolve": ["127.0.0.1", "127.0.0.2"], "addresses": "all"}]`,
      { timeout: 300 },
    );
    expect(performance.now() - began).toBeLessThan(400);
    expect(seen).toMatchObject({ ok: false, reason: 'timeout' });
    expect(seen.detail).toContain('127.0.0.1 (IPv4)');
  });
});

describe('unix sockets', () => {
  test('HTTP and TCP; one that is not there is waited for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-socket-'));
    const path = join(folder, 'app.sock');
    expect(await look(`http://unix:${path}:/healthz`)).toMatchObject({
      ok: false,
      reason: 'unreachable',
      retriable: true,
    });
    const server = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`));
    await new Promise<void>(resolve => server.listen(path, resolve));
    try {
      expect(await look(`http://unix:${path}:/healthz contains "localhost /healthz"`)).toMatchObject({
        ok: true,
        status: 200,
      });
      expect(await look(`tcp unix:${path}`)).toMatchObject({ ok: true });
    } finally {
      server.close();
      await rm(folder, { recursive: true });
    }
  });

  test('through a host’s connection there is none', async () => {
    const seen = await look('tcp unix:/run/x.sock', { connect: async () => Promise.reject(new Error('not asked')) });
    expect(seen).toMatchObject({ ok: false, reason: 'unreachable', retriable: false });
  });
});

/** A proxy as RFC 9110 describes it: whole URLs, and CONNECT. */
async function proxyServer(password?: string): Promise<TestServer & { readonly asked: string[] }> {
  const asked: string[] = [];
  const allowed = (request: IncomingMessage) =>
    password === undefined ||
    request.headers['proxy-authorization'] === `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
  const server = await httpServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (!allowed(request)) return response.writeHead(407).end();
    const answer = await fetch(request.url!, { headers: { connection: 'close' } });
    return response.writeHead(answer.status).end(await answer.text());
  });
  server.server.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(`CONNECT ${request.url}`);
    if (!allowed(request)) return socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    const [, host = '', port] = /^(.*):(\d+)$/.exec(request.url!)!;
    const inner = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      inner.pipe(socket).pipe(inner);
    });
    inner.on('error', () => socket.destroy());
    return socket;
  });
  return Object.assign(server, { asked });
}

describe('proxies', () => {
  const env = { ...process.env };
  afterEach(() => {
    process.env = { ...env };
  });

  test('an http:// URL is asked of the proxy whole, TCP goes through a tunnel', async () => {
    await using proxy = await proxyServer('p@ss');
    await using server = await httpServer((_, response) => response.end('hello'));
    const via = `proxy ${proxy.url.replace('//', '//me:p%40ss@')}`;
    expect(await look(`${server.url}x contains hello ${via}`)).toMatchObject({ ok: true });
    expect(await look(`tcp 127.0.0.1:${server.port} ${via}`)).toMatchObject({ ok: true });
    expect(await look(`${server.url} http 2 ${via}`)).toMatchObject({ ok: false, reason: 'protocol' });
    expect(proxy.asked).toEqual([
      `GET ${server.url}x`,
      `CONNECT 127.0.0.1:${server.port}`,
      `CONNECT 127.0.0.1:${server.port}`,
    ]);
  });

  test('its refusal is its own, not the service’s', async () => {
    await using proxy = await proxyServer('other');
    const seen = await look(`tcp 127.0.0.1:9 proxy ${proxy.url}`);
    expect(seen).toMatchObject({ ok: false, reason: 'proxy' });
    expect(seen.detail).toContain(`the proxy 127.0.0.1:${proxy.port} answers 407 when asked to connect to 127.0.0.1:9`);
  });

  test('of the environment, with its exceptions', async () => {
    await using proxy = await proxyServer();
    await using server = await httpServer((_, response) => response.end());
    process.env['http_proxy'] = proxy.url;
    expect(await look(`${server.url} proxy env`)).toMatchObject({ ok: true });
    expect(proxy.asked).toHaveLength(1);
    process.env['NO_PROXY'] = 'example.com, 127.0.0.1';
    expect(await look(`${server.url} proxy env`)).toMatchObject({ ok: true });
    expect(proxy.asked).toHaveLength(1);
    delete process.env['NO_PROXY'];
    expect(await look(server.url)).toMatchObject({ ok: true });
    expect(proxy.asked).toHaveLength(1);
  });

  test.each<[string, string, number, boolean]>([
    ['example.com', 'example.com', 443, true],
    ['example.com', 'www.example.com', 443, true],
    ['.example.com', 'www.example.com', 443, true],
    ['example.com', 'notexample.com', 443, false],
    ['*', 'anything', 443, true],
    ['a.test:8443', 'a.test', 443, false],
    ['a.test:8443', 'a.test', 8443, true],
    ['::1', '::1', 443, true],
    ['[::1]', '::1', 443, true],
  ])('NO_PROXY=%s and %s:%i', (list, host, port, excepted) => {
    const found = proxyFor('env', { secure: true, host, port }, { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: list });
    expect(found === undefined).toBe(excepted);
  });

  test('with forbid-private there is none: nobody sees which address it asks', async () => {
    await using proxy = await proxyServer();
    const seen = await look(`http://example.com/ proxy ${proxy.url}`, { forbidPrivate: true });
    expect(seen).toMatchObject({ ok: false, reason: 'private', retriable: false });
    expect(proxy.asked).toEqual([]);
  });
});
