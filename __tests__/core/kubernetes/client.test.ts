import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  type Cluster,
  connectCluster,
  deleteObject,
  getObject,
  type KubeObject,
  patchObject,
  serverSideApply,
} from '../../../src/core/kubernetes/index.ts';

/**
 * What a real API server does only when it is broken (cut watches, 410, 429, resets, lost answers) is played by a server that speaks its HTTP.
 * What a healthy one does is tested against a real one.
 */
type Handler = (request: IncomingMessage, response: ServerResponse, body: string, count: number) => void;
const open: (() => void)[] = [];

async function clusterWith(handler: Handler, user: object = { token: 'tok-123456' }): Promise<Cluster> {
  let count = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', () => handler(request, response, body, ++count));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const kubeconfig = JSON.stringify({
    'current-context': 'fake',
    contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'me', namespace: 'ns' } }],
    clusters: [{ name: 'fake', cluster: { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } }],
    users: [{ name: 'me', user }],
  });
  const cluster = await connectCluster({ kubeconfig });
  open.push(() => {
    cluster.close();
    server.closeAllConnections();
    server.close();
  });
  return cluster;
}

afterEach(() => {
  for (const close of open.splice(0)) close();
});

const json = (response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};
const status = (code: number, reason: string, details = {}) => ({
  kind: 'Status',
  code,
  reason,
  message: `said ${reason}`,
  details,
});
const object = (version: string, spec: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name: 'a', resourceVersion: version },
  spec,
});

describe('requests', () => {
  test('carry the token and the user agent', async () => {
    const cluster = await clusterWith((request, response) =>
      json(response, 200, { auth: request.headers.authorization, agent: request.headers['user-agent'] }),
    );
    expect(await cluster.request('GET', '/x')).toEqual({ auth: 'Bearer tok-123456', agent: 'slipway' });
  });
  test.each([429, 500, 502, 503, 504])('%i is tried again', async code => {
    const cluster = await clusterWith((_, response, __, count) =>
      count < 3 ? json(response, code, status(code, 'Busy')) : json(response, 200, { count }),
    );
    expect(await cluster.request('GET', '/x')).toEqual({ count: 3 });
  });
  test('not before the time that Retry-After asks for, and not at all when that is too long', async () => {
    const cluster = await clusterWith((_, response, __, count) =>
      count < 2
        ? json(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '2' })
        : json(response, 200, { count }),
    );
    const began = Date.now();
    expect(await cluster.request('GET', '/x')).toEqual({ count: 2 });
    expect(Date.now() - began).toBeGreaterThan(1900);
    const away = await clusterWith((_, response) =>
      json(response, 503, status(503, 'Away'), { 'retry-after': '3600' }),
    );
    await expect(away.request('GET', '/x')).rejects.toThrow(expect.objectContaining({ status: 503 }));
    expect(Date.now() - began).toBeLessThan(30_000);
  }, 40_000);
  test('a reset and a truncated answer are tried again', async () => {
    const cluster = await clusterWith((request, response, _, count) => {
      if (count === 1) return request.socket.destroy();
      if (count > 2) return json(response, 200, { count });
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"half":');
      setTimeout(() => request.socket.destroy(), 20);
    });
    expect(await cluster.request('GET', '/x')).toEqual({ count: 3 });
  });
  test('an answer that ends in the middle of its JSON, closed as if it were whole, is asked for again; a page of HTML is not', async () => {
    const cluster = await clusterWith((_, response, __, count) =>
      count < 2 ? response.end('{"half":') : json(response, 200, { count }),
    );
    expect(await cluster.request('GET', '/x')).toEqual({ count: 2 });
    const login = await clusterWith((_, response, __, count) => response.end(`<html>${count}`));
    await expect(login.request('GET', '/x')).rejects.toThrow(/not JSON: <html>1/);
  });
  test('a list that is too old (410) is begun anew', async () => {
    const cluster = await clusterWith((_, response, __, count) =>
      count < 2 ? json(response, 410, status(410, 'Expired')) : json(response, 200, { count }),
    );
    expect(await cluster.request('GET', '/x')).toEqual({ count: 2 });
  });
  test('what is not there is that, too, when an earlier try failed', async () => {
    const cluster = await clusterWith((_, response, __, count) =>
      count === 1 ? json(response, 503, status(503, 'Busy')) : json(response, 404, status(404, 'NotFound')),
    );
    expect(await getObject(cluster, '/x')).toBeUndefined();
  });
  test('a deletion and a patch whose answers were lost are done', async () => {
    const lost = await clusterWith((request, response, _, count) =>
      count === 1 ? request.socket.destroy() : json(response, 404, status(404, 'NotFound')),
    );
    await deleteObject(lost, '/x');
    let now = object('1', { weight: 0 });
    const cluster = await clusterWith((request, response, body) => {
      if (request.method === 'GET') return json(response, 200, now);
      if (JSON.parse(body)[0].value !== now.metadata.resourceVersion)
        return json(response, 422, status(422, 'Invalid'));
      now = object('2', { weight: 50 });
      request.socket.destroy();
    });
    const patched = await patchObject(cluster, '/x', ({ spec }) =>
      spec.weight === 50 ? undefined : [{ op: 'replace', path: '/spec/weight', value: 50 }],
    );
    expect(patched).toEqual(now);
  });
  test('a POST that may have arrived is not sent twice', async () => {
    let posts = 0;
    const cluster = await clusterWith(request => {
      posts++;
      request.socket.destroy();
    });
    await expect(cluster.request('POST', '/x', { body: {} })).rejects.toThrow(
      expect.objectContaining({ code: 'KUBE_UNREACHABLE' }),
    );
    expect(posts).toBe(1);
  });
  test('an error names request, reason and what to do', async () => {
    const cluster = await clusterWith((_, response) => json(response, 403, status(403, 'Forbidden')));
    await expect(cluster.request('GET', '/x')).rejects.toThrow(
      expect.objectContaining({
        code: 'KUBE_FORBIDDEN',
        status: 403,
        message: 'GET /x: 403 said Forbidden',
        hint: expect.stringContaining('Role'),
      }),
    );
  });
  test('a silent server ends by the deadline', async () => {
    const cluster = await clusterWith(() => undefined);
    const began = Date.now();
    await expect(cluster.request('GET', '/x', { within: 300 })).rejects.toThrow(
      expect.objectContaining({ code: 'DEADLINE' }),
    );
    expect(Date.now() - began).toBeLessThan(1000);
  });
});

describe('credentials', () => {
  /** A plugin that counts its runs in a file and gives `tok-N`, valid for so long. */
  const plugin = (folder: string, seconds: number) => ({
    exec: {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: [
        '-e',
        `const fs = require('fs'), f = process.env.COUNT; fs.appendFileSync(f, 'x');
         if (JSON.parse(process.env.KUBERNETES_EXEC_INFO).spec.interactive !== false) process.exit(1);
         console.log(JSON.stringify({ kind: 'ExecCredential', status: { token: 'tok-' + fs.readFileSync(f).length, expirationTimestamp: new Date(Date.now() + ${seconds} * 1000) } }));`,
      ],
      env: [{ name: 'COUNT', value: join(folder, 'count') }],
    },
  });
  const echo: Handler = (request, response) => json(response, 200, { auth: request.headers.authorization });
  const inFolder = async (task: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-kube-'));
    try {
      await task(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  test.each([
    { name: 'a plugin’s token is kept while it is valid', seconds: 900, second: 'Bearer tok-1' },
    { name: 'and fetched anew a minute before it ends', seconds: 30, second: 'Bearer tok-2' },
  ])('$name', ({ seconds, second }) =>
    inFolder(async folder => {
      const cluster = await clusterWith(echo, plugin(folder, seconds));
      expect(await cluster.request('GET', '/x')).toEqual({ auth: 'Bearer tok-1' });
      expect(await cluster.request('GET', '/x')).toEqual({ auth: second });
    }),
  );
  test('a 401 fetches a new token once, a second one is an error', () =>
    inFolder(async folder => {
      const seen: (string | undefined)[] = [];
      const cluster = await clusterWith(
        (request, response) => {
          seen.push(request.headers.authorization);
          if (request.headers.authorization === 'Bearer tok-2') json(response, 200, {});
          else json(response, 401, status(401, 'Unauthorized'));
        },
        plugin(folder, 900),
      );
      await cluster.request('GET', '/x');
      expect(seen).toEqual(['Bearer tok-1', 'Bearer tok-2']);
      const refused = await clusterWith((_, response) => json(response, 401, status(401, 'Unauthorized')));
      await expect(refused.request('GET', '/x')).rejects.toThrow(
        expect.objectContaining({ code: 'KUBE_UNAUTHORIZED' }),
      );
    }));
  test('a token file is read when it is used', () =>
    inFolder(async folder => {
      await writeFile(join(folder, 'token'), 'tok-file\n');
      const cluster = await clusterWith(echo, { 'token-file': join(folder, 'token') });
      expect(await cluster.request('GET', '/x')).toEqual({ auth: 'Bearer tok-file' });
    }));
  test('basic authentication', async () => {
    const cluster = await clusterWith(echo, { username: 'me', password: 'pw' });
    expect(await cluster.request('GET', '/x')).toEqual({ auth: `Basic ${Buffer.from('me:pw').toString('base64')}` });
  });
  test('a plugin that is not there says so with its own hint', async () => {
    const cluster = await clusterWith(echo, { exec: { command: 'no-such-plugin', installHint: 'Install it so.' } });
    await expect(cluster.request('GET', '/x')).rejects.toThrow(
      expect.objectContaining({ code: 'KUBE_AUTHENTICATION', hint: 'Install it so.' }),
    );
  });
});

describe('watching', () => {
  const list = (response: ServerResponse, version: string) =>
    json(response, 200, { metadata: { resourceVersion: version }, items: [object(version)] });
  const event = (type: string, of: object) => `${JSON.stringify({ type, object: of })}\n`;
  const until = (version: string) => ({
    doing: 'waiting',
    within: 5000,
    period: 60_000, // only events wake it
    seen: (objects: readonly KubeObject[]) =>
      objects.some(one => one.metadata.resourceVersion === version) ? version : undefined,
  });
  test('sees a change as it comes', async () => {
    const cluster = await clusterWith((request, response) => {
      if (!request.url!.includes('watch=true')) return list(response, '1');
      response.write(event('BOOKMARK', object('2')));
      setTimeout(() => response.write(event('MODIFIED', object('3'))), 30);
    });
    expect(await cluster.watch('/x', until('3'))).toBe('3');
  });
  test.each([
    { name: '410 Gone', cut: (response: ServerResponse) => response.write(event('ERROR', status(410, 'Expired'))) },
    { name: 'a truncated line', cut: (response: ServerResponse) => response.end('{"type":"MODIF') },
    { name: 'a closed connection', cut: (response: ServerResponse) => response.end() },
    { name: 'a reset', cut: (response: ServerResponse) => response.destroy() },
  ])('$name: lists again and sees what it missed', async ({ cut }) => {
    let lists = 0;
    const cluster = await clusterWith((request, response) => {
      if (!request.url!.includes('watch=true')) return list(response, String(++lists));
      response.flushHeaders();
      setTimeout(() => cut(response), 20);
    });
    expect(await cluster.watch('/x', until('3'))).toBe('3');
  });
  test.each([
    ['from the beginning', ''],
    ['after a change', event('MODIFIED', object('2'))],
  ])(
    'one that is silent %s: lists again',
    async (_, said) => {
      let lists = 0;
      const cluster = await clusterWith((request, response) => {
        if (!request.url!.includes('watch=true')) return list(response, lists++ === 0 ? '1' : '3');
        response.flushHeaders();
        response.write(said);
      });
      expect(await cluster.watch('/x', { ...until('3'), within: 30_000 })).toBe('3');
    },
    40_000,
  );
  test.each([403, 429, 503])('where watching is answered by %i, lists do, ever slower', async code => {
    let [lists, watches] = [0, 0];
    const cluster = await clusterWith((request, response) => {
      if (!request.url!.includes('watch=true')) return list(response, String(++lists));
      watches++;
      json(response, code, status(code, 'Refused'));
    });
    const began = Date.now();
    expect(await cluster.watch('/x', until('4'))).toBe('4');
    expect(watches).toBe(3);
    expect(Date.now() - began).toBeGreaterThan(0.75 * (400 + 800 + 1600));
  });
  test('a refused watch waits for as long as it is asked to', async () => {
    let lists = 0;
    const cluster = await clusterWith((request, response) => {
      if (!request.url!.includes('watch=true')) return list(response, String(++lists));
      json(response, 429, status(429, 'TooManyRequests'), { 'retry-after': '2' });
    });
    const began = Date.now();
    expect(await cluster.watch('/x', until('2'))).toBe('2');
    expect(Date.now() - began).toBeGreaterThan(1900);
  });
  test('ends by its deadline and says what was waited for', async () => {
    const cluster = await clusterWith((request, response) =>
      request.url!.includes('watch=true') ? response.flushHeaders() : list(response, '1'),
    );
    await expect(cluster.watch('/x', { ...until('9'), within: 200, doing: 'waiting for nine' })).rejects.toThrow(
      expect.objectContaining({ code: 'DEADLINE', message: expect.stringContaining('waiting for nine') }),
    );
  });
});

describe('writing', () => {
  test('a patch that lost a race reads and plans again', async () => {
    const sent: string[] = [];
    const cluster = await clusterWith((request, response, body, count) => {
      if (request.method === 'GET') return json(response, 200, object(String(count)));
      sent.push(JSON.parse(body)[0].value);
      json(response, sent.length < 2 ? 409 : 200, sent.length < 2 ? status(409, 'Conflict') : object('9'));
    });
    await patchObject(cluster, '/x', () => [{ op: 'add', path: '/spec/x', value: 1 }]);
    expect(sent).toEqual(['1', '3']); // each patch is for the version that was read before it
  });
  test('a patch that loses ten races says so; what it must not change is said as it is, whichever try saw it', async () => {
    let patches = 0;
    const busy = await clusterWith((request, response, _, count) => {
      if (request.method === 'GET') return json(response, 200, object(String(count)));
      patches++;
      json(response, 422, status(422, 'Invalid'));
    });
    const always = () => [{ op: 'add', path: '/spec/x', value: 1 }] as const;
    await expect(patchObject(busy, '/x', always)).rejects.toThrow(/changing \/x failed after 10 tries/);
    expect(patches).toBe(10);
    const changing = (version: KubeObject) => {
      if (version.metadata.resourceVersion !== '1') throw Object.assign(new Error('route'), { code: 'ROUTE_CHANGED' });
      return always();
    };
    const other = await clusterWith((request, response, _, count) =>
      request.method === 'GET'
        ? json(response, 200, object(String(count)))
        : json(response, 409, status(409, 'Conflict')),
    );
    await expect(patchObject(other, '/x', changing)).rejects.toThrow(expect.objectContaining({ message: 'route' }));
  }, 30_000);
  test('a patch that is not valid is not sent again', async () => {
    let patches = 0;
    const cluster = await clusterWith((request, response) => {
      if (request.method === 'GET') return json(response, 200, object('1'));
      patches++;
      json(response, 422, status(422, 'Invalid', { causes: [{ field: 'spec.x', message: 'immutable' }] }));
    });
    await expect(patchObject(cluster, '/x', () => [{ op: 'remove', path: '/spec' }])).rejects.toThrow(/said Invalid/);
    expect(patches).toBe(1);
  });
  test('an apply and a deletion that lost a race in the store are sent again; an apply that is bound to a version is not', async () => {
    let count = 0;
    const cluster = await clusterWith((_, response) =>
      ++count % 2 === 1 ? json(response, 409, status(409, 'Conflict')) : json(response, 200, object('1')),
    );
    const { resourceVersion: _, ...metadata } = object('1').metadata;
    await serverSideApply(cluster, '/x', { ...object('1'), metadata });
    await deleteObject(cluster, '/x');
    expect(count).toBe(4);
    await expect(serverSideApply(cluster, '/x', object('1'))).rejects.toThrow(expect.objectContaining({ status: 409 }));
    expect(count).toBe(5);
  });
  test('our own earlier patches are taken by force, others’ fields never', async () => {
    const causes = (manager: string) => ({
      causes: [
        { reason: 'FieldManagerConflict', message: `conflict with "${manager}" using apps/v1`, field: '.spec.x' },
      ],
    });
    const forced: (string | null)[] = [];
    const answerTo = (manager: string) =>
      clusterWith((request, response) => {
        const force = new URL(request.url!, 'http://x').searchParams.get('force');
        forced.push(force);
        json(response, force ? 200 : 409, force ? object('1') : status(409, 'Conflict', causes(manager)));
      });
    await serverSideApply(await answerTo('slipway'), '/x', object('1'));
    expect(forced).toEqual([null, 'true']);
    await expect(serverSideApply(await answerTo('helm'), '/x', object('1'))).rejects.toThrow(
      expect.objectContaining({ code: 'APPLY_CONFLICT', message: expect.stringContaining('helm owns .spec.x') }),
    );
    expect(forced).toEqual([null, 'true', null]);
  });
});
