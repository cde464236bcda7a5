import { expect, test } from '@jest/globals';
import type { Finding } from '../../src/verify-health/finding.ts';
import { failureLines, summaryOf } from '../../src/verify-health/summary.ts';

const failure = {
  ok: false,
  reason: 'status' as const,
  detail: 'status 503 instead of 2xx',
  retriable: true,
  status: 503,
  at: 0,
  ms: 12,
  phases: { dns: 1, connect: 2, firstByte: 9 },
  phase: 'firstByte' as const,
  addresses: [
    { address: '127.0.0.1', family: 4 as const, error: 'ECONNREFUSED' },
    { address: '::1', family: 6 as const },
  ],
  redirects: ['http://a/', 'http://b/'],
  bodyHead: 'starting <b>````',
};
const bad: Finding = {
  kind: 'check',
  name: 'http://a/|b',
  verdict: 'failed',
  reason: 'status',
  detail: failure.detail,
  started: 0,
  ended: 5000,
  attempts: 7,
  failures: 7,
  latency: { p50: 3, p95: 40, p99: 1500 },
  failure,
};

test('verdict, table, timeline, and the failing attempt', () => {
  const text = summaryOf([bad], { verdict: 'failed', identity: 'unknown', reasons: ['status'] }, 'hello v1');
  expect(text).toContain('## verify-health: hello v1 — ❌ failed');
  expect(text).toContain('Identity: **unknown** · reasons: `status`');
  expect(text).toContain(
    '| check: http://a/\\|b | 7 |  | 3ms | 40ms | 1.5s | ❌ failed | `status` status 503 instead of 2xx |',
  );
  expect(text).toContain('```mermaid');
  expect(text).toContain("````text\nstarting <b>''''\n````");
});

test('phases and addresses of an attempt', () => {
  expect(failureLines(failure)).toEqual([
    'phases: DNS 1ms, connect 2ms, first byte 9ms (not finished)',
    'addresses: 127.0.0.1 (IPv4) ECONNREFUSED, ::1 (IPv6)',
    'redirected to: http://a/ → http://b/',
  ]);
});
