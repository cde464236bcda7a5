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
  expect(text).toContain('`````text\nstarting <b>````\n`````');
});

test('phases and addresses of an attempt', () => {
  expect(failureLines(failure)).toEqual([
    'phases: DNS 1ms, connect 2ms, first byte 9ms (not finished)',
    'addresses: 127.0.0.1 (IPv4) ECONNREFUSED, ::1 (IPv6)',
    'redirected to: http://a/ → http://b/',
  ]);
});

test('charts of what took how long, and of what was not there', () => {
  const series = [
    { from: 0, attempts: 4, failures: 0, slowest: 12 },
    { from: 1000, attempts: 4, failures: 3, slowest: 80 },
    { from: 2000, attempts: 4, failures: 4, slowest: 5 },
    { from: 3000, attempts: 4, failures: 0, slowest: 15 },
  ];
  const text = summaryOf(
    [{ ...bad, series }],
    { verdict: 'failed', identity: 'unknown', reasons: ['status'] },
    'hello v1',
  );
  expect(text).toContain('x-axis ["0ms", "1s", "2s", "3s"]\n    y-axis "ms" 0 --> 80\n    line [12, 80, 5, 15]');
  expect(text).toContain('y-axis "%" 0 --> 100\n    bar [100, 25, 0, 100]');
  const healthy = summaryOf(
    [{ ...bad, verdict: 'passed', series: series.slice(0, 3) }],
    { verdict: 'verified', identity: 'unknown', reasons: [] },
    'hello v1',
  );
  expect(healthy).not.toContain('xychart');
});

test('what a service wrote last is beside its identity', () => {
  const { failure: _, ...rest } = bad;
  const found: Finding = { ...rest, kind: 'identity', journal: ['panic: no database', '````'] };
  const text = summaryOf([found], { verdict: 'failed', identity: 'unknown', reasons: ['unit-inactive'] }, 'hello v1');
  expect(text).toContain('What it wrote last:\n\n`````text\npanic: no database\n````\n`````');
});
