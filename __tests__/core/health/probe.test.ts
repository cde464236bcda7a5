import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { type Observation, type ProbeOptions, parseChecks, probe } from '../../../src/core/health/index.ts';
import { freePort, httpServer, tcpServer } from './servers.ts';

const look = (text: string, options: ProbeOptions = {}): Promise<Observation> =>
  probe(parseChecks(text)[0]!, { timeout: 3000, ...options });

/** The attempt must end within 100 ms after its time, whatever the server does. */
async function endsInTime(text: string, timeout: number): Promise<Observation> {
  const began = performance.now();
  const seen = await look(text, { timeout });
  expect(performance.now() - began).toBeLessThan(timeout + 100);
  return seen;
}

describe('an answer', () => {
  test('phases, address and time are named', async () => {
    await using server = await httpServer((_, response) => response.end('fine'));
    const seen = await look(`${server.url} 200 within 2s`);
    expect(seen).toMatchObject({
      ok: true,
      status: 200,
      bodyHead: 'fine',
      addresses: [{ address: '127.0.0.1', family: 4 }],
    });
    expect(Object.keys(seen.phases)).toEqual(['dns', 'connect', 'firstByte', 'body']);
    expect(seen.ms).toBeGreaterThan(0);
  });

  test('what is sent', async () => {
    let got: unknown;
    await using server = await httpServer((request, response) => {
      let body = '';
      request.on('data', chunk => (body += chunk));
      request.on('end', () => {
        got = { method: request.method, url: request.url, body, headers: request.headers };
        response.end();
      });
    });
    const url = server.url.replace('//', '//me:p%40ss@');
    await look(`[{"url": "${url}x?y=1", "method": "PUT", "body": {"a": "ü"}, "headers": {"X-A": "b"}}]`);
    expect(got).toMatchObject({
      method: 'PUT',
      url: '/x?y=1',
      body: '{"a":"ü"}',
      headers: {
        host: `127.0.0.1:${server.port}`,
        'x-a': 'b',
        'content-type': 'application/json',
        authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
      },
    });
  });

  test.each([
    [503, true],
    [429, true],
    [404, true],
    [401, false],
    [410, false],
  ])('status %i; may pass: %p', async (status, retriable) => {
    await using server = await httpServer((_, response) => response.writeHead(status).end('why not'));
    expect(await look(server.url)).toMatchObject({
      ok: false,
      reason: 'status',
      status,
      retriable,
      bodyHead: 'why not',
    });
  });

  test.each([
    ['contains absent', 'body'],
    ['contains "here"', undefined],
  ])('%s', async (expectation, reason) => {
    await using server = await httpServer((_, response) => response.end('it is here'));
    expect((await look(`${server.url} ${expectation}`)).reason).toBe(reason);
  });

  test.each([
    ['{"$.a.b[1]": 2}', '{"a": {"b": [1, 2]}}', undefined, ''],
    ['{"$.a": "1"}', '{"a": 1}', 'json', '$.a is 1 instead of "1"'],
    ['{"$.b": 1}', '{"a": 1}', 'json', 'nothing at $.b'],
    ['{"$.a": 1}', '<html>', 'json', 'not JSON (content-type: text/plain)'],
  ])('JSON %s in %s', async (json, body, reason, words) => {
    await using server = await httpServer((_, response) => response.setHeader('content-type', 'text/plain').end(body));
    const seen = await look(`[{"url": "${server.url}", "json": ${json}}]`);
    expect(seen.reason).toBe(reason);
    expect(seen.detail).toContain(words);
  });

  test('a good one that comes late is slow', async () => {
    await using server = await httpServer((_, response) => setTimeout(() => response.end(), 120));
    expect(await look(`${server.url} within 50ms`)).toMatchObject({
      ok: false,
      reason: 'slow',
      retriable: true,
      status: 200,
    });
  });

  test('compressed although nobody asked; a bomb is refused', async () => {
    await using server = await httpServer((request, response) => {
      const body = request.url === '/bomb' ? Buffer.alloc(50_000_000) : Buffer.from('hello');
      response.setHeader('content-encoding', 'gzip').end(gzipSync(body));
    });
    expect((await look(`${server.url} contains hello`)).ok).toBe(true);
    expect(await look(`${server.url}bomb contains hello`)).toMatchObject({ reason: 'body' });
  });
});

describe('addresses', () => {
  test('localhost on ::1 only: both are tried and named', async () => {
    await using server = await httpServer((_, response) => response.end(), '::1');
    const seen = await look(`http://localhost:${server.port}/`);
    expect(seen.ok).toBe(true);
    expect(seen.addresses).toEqual([
      { address: '127.0.0.1', family: 4, error: 'ECONNREFUSED' },
      { address: '::1', family: 6 },
    ]);
  });

  test('an IPv6 literal', async () => {
    await using server = await httpServer((request, response) => response.end(request.headers.host), '::1');
    expect(await look(`http://[::1]:${server.port}/`)).toMatchObject({ ok: true, bodyHead: `[::1]:${server.port}` });
  });

  test('nobody listens: every address is named', async () => {
    const port = await freePort();
    const seen = await look(`http://localhost:${port}/`);
    expect(seen).toMatchObject({ reason: 'refused', retriable: true });
    expect(seen.detail).toBe(
      `127.0.0.1:${port} (IPv4) refused the connection; [::1]:${port} (IPv6) refused the connection`,
    );
  });

  test('a name without an address is no 503', async () => {
    expect(await look('http://no-such-name.invalid/')).toMatchObject({ reason: 'dns', retriable: true });
  });

  test('private ones are refused before anything is sent', async () => {
    let requests = 0;
    await using server = await httpServer((_, response) => {
      requests++;
      response.end();
    });
    for (const url of [server.url, `http://localhost:${server.port}/`]) {
      expect(await look(url, { forbidPrivate: true })).toMatchObject({ reason: 'private', retriable: false });
    }
    expect(requests).toBe(0);
  });

  test('another way to the host', async () => {
    await using server = await httpServer((request, response) => response.end(request.headers.host));
    const asked: string[] = [];
    const seen = await look('http://only.there:81/', {
      connect: async (host, port) => {
        asked.push(`${host}:${port}`);
        return connect(server.port, '127.0.0.1');
      },
    });
    expect(seen).toMatchObject({ ok: true, bodyHead: 'only.there:81' });
    expect(asked).toEqual(['only.there:81']);
    const refused = await look('http://only.there:81/', {
      connect: () => Promise.reject(Object.assign(new Error('no'), { code: 'ECONNREFUSED' })),
    });
    expect(refused).toMatchObject({ reason: 'refused' });
  });

  test('tcp', async () => {
    await using server = await tcpServer(() => undefined);
    expect(await look(`tcp localhost:${server.port}`)).toMatchObject({ ok: true });
    expect(await look(`tcp 127.0.0.1:${await freePort()}`)).toMatchObject({ reason: 'refused' });
  });
});

describe('redirects', () => {
  test('are followed and named; credentials stay with their host', async () => {
    let got: unknown;
    await using other = await httpServer((request, response) => {
      got = request.headers;
      response.end('there');
    });
    await using server = await httpServer((request, response) => {
      const location = request.url === '/' ? '/second' : other.url;
      response.writeHead(302, { location }).end();
    });
    const seen = await look(`[{"url": "${server.url}", "headers": {"Authorization": "Bearer x", "X-Key": "y"}}]`);
    expect(seen).toMatchObject({ ok: true, bodyHead: 'there', redirects: [`${server.url}second`, other.url] });
    expect(got).not.toHaveProperty('authorization');
    expect(got).not.toHaveProperty('x-key');
  });

  test('a wanted 301 is not followed, and none with redirects: 0', async () => {
    await using server = await httpServer((_, response) => response.writeHead(301, { location: '/elsewhere' }).end());
    expect(await look(`${server.url} 301`)).toMatchObject({ ok: true, redirects: [] });
    expect(await look(`[{"url": "${server.url}", "redirects": 0}]`)).toMatchObject({ reason: 'status', status: 301 });
  });

  test('a circle, and too many', async () => {
    let count = 0;
    await using server = await httpServer((request, response) => {
      const location = request.url === '/circle' ? '/circle' : `/${count++}`;
      response.writeHead(302, { location }).end();
    });
    expect(await look(`${server.url}circle`)).toMatchObject({ reason: 'redirect', retriable: false });
    expect((await look(server.url)).detail).toContain('more than 5 times');
  });
});

describe('servers that misbehave', () => {
  const raw = (text: string) => (socket: import('node:net').Socket) =>
    void socket.once('data', () => socket.write(text));

  test('accepts and says nothing', async () => {
    await using server = await tcpServer(() => undefined);
    expect(await endsInTime(server.url, 200)).toMatchObject({ reason: 'timeout', phase: 'firstByte' });
  });

  test('headers that drip', async () => {
    await using server = await tcpServer(socket => {
      socket.write('HTTP/1.1 200 OK\r\n');
      const timer = setInterval(() => socket.write('X-A: b\r\n'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    expect(await endsInTime(server.url, 200)).toMatchObject({ reason: 'timeout', phase: 'firstByte' });
  });

  test('a body that drips without end', async () => {
    await using server = await httpServer((_, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    expect(await endsInTime(server.url, 200)).toMatchObject({ reason: 'timeout', phase: 'body', status: 200 });
  });

  test('a body without end, as fast as it can: 1 MiB is read', async () => {
    const chunk = Buffer.alloc(65_536, 'x');
    await using server = await httpServer((_, response) => {
      const push = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', push);
      push();
    });
    const before = process.memoryUsage().rss;
    expect(await look(server.url)).toMatchObject({ ok: true });
    expect(await look(`${server.url} contains y`)).toMatchObject({ reason: 'body' });
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test('headers without end', async () => {
    await using server = await tcpServer(raw(`HTTP/1.1 200 OK\r\nX-A: ${'b'.repeat(200_000)}\r\n\r\n`));
    expect(await look(server.url)).toMatchObject({ reason: 'protocol' });
  });

  test('no HTTP', async () => {
    await using server = await tcpServer(raw('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await look(server.url)).toMatchObject({ reason: 'protocol' });
  });

  test.each([
    ['at once', (socket: import('node:net').Socket) => void socket.resetAndDestroy()],
    [
      'after the request',
      (socket: import('node:net').Socket) => void socket.once('data', () => socket.resetAndDestroy()),
    ],
    [
      'after the request, politely',
      (socket: import('node:net').Socket) => void socket.once('data', () => socket.end()),
    ],
    [
      'in the middle of the body',
      (socket: import('node:net').Socket) =>
        void socket.once('data', () => {
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf', () =>
            setTimeout(() => socket.destroy(), 20),
          );
        }),
    ],
  ])('hangs up %s', async (_, onSocket) => {
    await using server = await tcpServer(onSocket);
    expect(await look(server.url)).toMatchObject({ ok: false, reason: 'reset', retriable: true });
  });

  test('TLS is asked of a server that speaks none', async () => {
    await using server = await httpServer((_, response) => response.end());
    expect(await look(server.url.replace('http:', 'https:'))).toMatchObject({ reason: 'tls', phase: 'tls' });
    await using silent = await tcpServer(() => undefined);
    expect(await endsInTime(silent.url.replace('http:', 'https:'), 200)).toMatchObject({
      reason: 'timeout',
      phase: 'tls',
    });
  });

  test('control characters of a body do not reach a terminal', async () => {
    await using server = await httpServer((_, response) => response.writeHead(500).end('\u001b[31mred\u0000'));
    expect((await look(server.url)).bodyHead).toBe('\ufffd[31mred\ufffd');
  });
});

test('the caller ends an attempt with his own reason', async () => {
  await using server = await tcpServer(() => undefined);
  const reason = new Error('cancelled');
  await expect(look(server.url, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 30);
  await expect(look(server.url, { signal: controller.signal })).rejects.toBe(reason);
});
