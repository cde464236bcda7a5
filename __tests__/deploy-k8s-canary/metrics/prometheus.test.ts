import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Cluster } from '../../../src/core/kubernetes/index.ts';
import { Prometheus } from '../../../src/deploy-k8s-canary/metrics/prometheus.ts';
import { headersOf, parsePlace } from '../../../src/deploy-k8s-canary/metrics/source.ts';

const signal = new AbortController().signal;
const matrix = {
  status: 'success',
  data: { resultType: 'matrix', result: [{ metric: { pod: 'a' }, values: [[5, '1']] }] },
};
const noCluster = {} as Cluster;

describe('asking Prometheus', () => {
  let server: Server;
  let url = '';
  let asked: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  let answer: { status: number; headers?: Record<string, string>; body: string };

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => {
        body += chunk;
      });
      request.on('end', () => {
        asked.push({ path: request.url!, headers: request.headers, body });
        response.writeHead(answer.status, answer.headers ?? {}).end(answer.body);
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/prefix`;
  });
  beforeEach(() => {
    asked = [];
    answer = { status: 200, body: JSON.stringify(matrix) };
  });
  afterAll(() => {
    server.close();
  });

  test('by URL, with headers and token, for raw samples', async () => {
    const headers = headersOf(['X-Scope-OrgID: team-a'], 'tok');
    const series = await new Prometheus(parsePlace(url), headers, noCluster).raw('up{pod="a"}', 90.2, signal);
    expect(series).toEqual([{ labels: { pod: 'a' }, samples: [[5, 1]] }]);
    expect(asked[0]).toMatchObject({
      path: '/prefix/api/v1/query',
      headers: { 'x-scope-orgid': 'team-a', authorization: 'Bearer tok' },
      body: `query=${encodeURIComponent('up{pod="a"}[91s]')}`,
    });
  });

  test.each([
    ['a redirect is not followed: the token stays here', { status: 302, headers: { location: '/login' }, body: '' }],
    ['a refusal', { status: 400, body: '{"status":"error","error":"parse error"}' }],
    ['a page of something else', { status: 200, body: '<html>' }],
    ['a server error', { status: 503, body: 'no' }],
  ])('%s is an error that names Prometheus, and never an empty answer', async (_, given) => {
    answer = given;
    const prometheus = new Prometheus(parsePlace(url), {}, noCluster);
    await expect(prometheus.raw('up', 60, signal)).rejects.toThrow(/^Prometheus \(127\.0\.0\.1:\d+\): /);
    expect(asked).toHaveLength(1);
  });

  test('through the API server: its own credentials, and not the token of Prometheus', async () => {
    const seen: { path: string; headers: unknown }[] = [];
    const cluster = {
      raw: async (_method: string, path: string, { headers }: { headers: unknown }) => {
        seen.push({ path, headers });
        return seen.length === 1
          ? { status: 200, headers: {}, body: JSON.stringify(matrix) }
          : { status: 403, headers: {}, body: '{"kind":"Status","status":"Failure","message":"may not"}' };
      },
    } as unknown as Cluster;
    const prometheus = new Prometheus(parsePlace('service:monitoring/prom:web'), headersOf(['a: b'], 'tok'), cluster);
    expect(await prometheus.raw('up', 60, signal)).toHaveLength(1);
    expect(seen[0]).toEqual({
      path: '/api/v1/namespaces/monitoring/services/prom:web/proxy/api/v1/query?query=up%5B60s%5D',
      headers: { a: 'b' },
    });
    await expect(prometheus.raw('up', 60, signal)).rejects.toThrow(
      'Prometheus (service monitoring/prom:web): status 403: may not',
    );
  });
});

test.each(['prometheus:9090', 'service:prom:9090', 'service:a/b', 'service:a/b:c/d', 'ftp://x'])(
  '%s is no place of a Prometheus',
  text => {
    expect(() => parsePlace(text)).toThrow();
  },
);

test('a header without a value is refused, and not printed', () => {
  expect(() => headersOf(['Authorization Bearer secret'], undefined)).toThrow(
    expect.objectContaining({ code: 'PROMETHEUS_INVALID', message: expect.not.stringContaining('secret') }),
  );
});
