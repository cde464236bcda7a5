import { expect, test } from '@jest/globals';
import { parseChecks } from '../../src/core/health/index.ts';
import { oneLine, redactor, secretsOf } from '../../src/verify-health/redact.ts';

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
