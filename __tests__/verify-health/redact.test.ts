import { expect, test } from '@jest/globals';
import { type CheckResult, parseChecks } from '../../src/core/health/index.ts';
import { checkFinding } from '../../src/verify-health/check-finding.ts';
import { oneLine, redactor, secretsOf } from '../../src/verify-health/redact.ts';
import { failureLines } from '../../src/verify-health/summary.ts';

const checks = parseChecks(
  '[{"url": "https://me:p%40ssword@h/?token=in-the-url", "headers": {"Authorization": "Bearer in-the-header", "Accept": "text/html"}}, "tcp h:1"]',
);

test('what the checks hold', () => {
  expect(secretsOf(checks)).toEqual(['Bearer in-the-header', 'in-the-header', 'in-the-url', 'p@ssword']);
});

test.each([
  ['got in-the-header back', 'got *** back'],
  ['{"password": "letmein", "user": "me"}', '{"password": "***", "user": "me"}'],
  ["db_password='letmein'", "db_password='***'"],
  ['Authorization: Bearer abcdefgh.ijkl', 'Authorization: Bearer ***'],
  ['api_key=12345&x=1', 'api_key=***&x=1'],
  ['status ok, keys: 3', 'status ok, keys: 3'],
  ['accepts text/html', 'accepts text/html'],
  ['a ##[error]b', 'a ## [error]b'],
])('%s', (text, expected) => expect(redactor(secretsOf(checks))(text)).toBe(expected));

test('a line of others is no command of ours', () => {
  expect(oneLine('refused\n::add-path::/x\r\n  more\n')).toBe('refused ::add-path::/x more');
});

test('what a server puts into its certificate begins no line of the log', () => {
  const certificate = {
    subject: 'a',
    issuer: 'evil\n::add-path::/x',
    names: ['a', 'b\n::warning::c'],
    validFrom: '',
    validTo: '2030-01-01',
    fingerprint256: '',
    protocol: 'TLSv1.3',
  };
  const failed = { addresses: [{ address: '::1', family: 6, error: 'no\n::error::x' }], redirects: [], phases: {} };
  const result = {
    check: parseChecks('https://h')[0],
    detail: 'failed',
    latency: {},
    series: [],
    lastFailure: { ...failed, detail: 'failed', certificate },
  } as unknown as CheckResult;
  const { failure } = checkFinding(result, text => text);
  for (const line of failureLines(failure!)) expect(line).not.toContain('\n');
  expect(failureLines(failure!).at(-1)).toContain('by evil ::add-path::/x');
});
