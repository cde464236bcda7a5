import { describe, expect, test } from '@jest/globals';
import { type ProbeOptions, parseChecks, probe } from '../../../src/core/health/index.ts';
import { http2Server, httpServer, tcpServer } from './servers.ts';

const look = (text: string, options: ProbeOptions = {}) => probe(parseChecks(text)[0]!, { timeout: 2000, ...options });

describe('HTTP/2 without TLS', () => {
  test('what is sent, and what an answer must be', async () => {
    let got: unknown;
    await using server = await http2Server((request, response) => {
      let body = '';
      request.on('data', chunk => (body += chunk));
      request.on('end', () => {
        got = {
          version: request.httpVersion,
          method: request.method,
          url: request.url,
          body,
          headers: request.headers,
        };
        response.setHeader('x-version', 'v2');
        response.end('{"status": "ok"}');
      });
    });
    const wanted = 'body hi headers "X-A: b" json $.status=ok answer-headers "X-Version: v2"';
    const seen = await look(`POST ${server.url}x?y=1 200 http 2 ${wanted}`);
    expect(seen).toMatchObject({ ok: true, status: 200, bodyHead: '{"status": "ok"}' });
    expect(Object.keys(seen.phases)).toEqual(['dns', 'connect', 'firstByte', 'body']);
    expect(got).toMatchObject({
      version: '2.0',
      method: 'POST',
      url: '/x?y=1',
      body: 'hi',
      headers: { ':authority': `127.0.0.1:${server.port}`, 'x-a': 'b' },
    });
  });

  test('a status, a redirect, a body without end', async () => {
    const chunk = Buffer.alloc(65_536, 'x');
    await using server = await http2Server((request, response) => {
      if (request.url === '/moved') return void response.writeHead(302, { location: '/there' }).end();
      if (request.url !== '/endless') return void response.writeHead(request.url === '/there' ? 200 : 503).end();
      const push = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', push);
      push();
    });
    expect(await look(`${server.url} http 2`)).toMatchObject({
      ok: false,
      reason: 'status',
      status: 503,
      retriable: true,
    });
    expect(await look(`${server.url}moved http 2`)).toMatchObject({ ok: true, redirects: [`${server.url}there`] });
    expect(await look(`${server.url}endless http 2`)).toMatchObject({ ok: true });
  });

  test('a server that never answers, one that resets, one that speaks HTTP/1.1 only', async () => {
    await using silent = await http2Server(() => undefined);
    const began = performance.now();
    expect(await look(`${silent.url} http 2`, { timeout: 200 })).toMatchObject({
      reason: 'timeout',
      phase: 'firstByte',
    });
    expect(performance.now() - began).toBeLessThan(300);
    await using resets = await http2Server((_, response) => response.stream.close(2));
    expect(await look(`${resets.url} http 2`)).toMatchObject({ ok: false, reason: 'reset' });
    await using dies = await tcpServer(socket => void socket.once('data', () => socket.resetAndDestroy()));
    expect(await look(`${dies.url} http 2`)).toMatchObject({ ok: false, reason: 'reset' });
    await using old = await httpServer((_, response) => response.end());
    expect(await look(`${old.url} http 2`)).toMatchObject({ ok: false });
  });
});
