import { describe, expect, test } from '@jest/globals';
import { failureOf, RegistryError } from '../../../src/core/registry/failure.ts';
import { isPassing } from '../../../src/core/registry/patience.ts';

describe('isPassing', () => {
  const answer = (status: number) => new RegistryError('X', 'x', { status, hint: '' });
  test.each([408, 429, 500, 502, 503, 504])('%i may pass', status => {
    expect(isPassing(answer(status))).toBe(true);
  });
  test.each([400, 401, 403, 404, 405, 413])('%i does not', status => {
    expect(isPassing(answer(status))).toBe(false);
  });
  test('a reset may pass, a missing host does not', () => {
    expect(isPassing(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }))).toBe(true);
    expect(isPassing(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))).toBe(false);
  });
});

describe('who is refused is told how to log in there', () => {
  const refused = (host: string) =>
    failureOf({ status: 401, headers: {}, bytes: async () => Buffer.alloc(0) } as never, host, 'anonymous');
  test.each([
    ['ghcr.io', 'GITHUB_TOKEN'],
    ['registry.example.com', '`docker login`'],
  ])('%s: %s', async (host, said) => {
    expect(await refused(host)).toMatchObject({ code: 'REGISTRY_UNAUTHORIZED', hint: expect.stringContaining(said) });
  });
});

test.each([401, 403])('%i of GHCR says which permission and which setting are missing', async status => {
  const answer = {
    status,
    headers: {},
    bytes: async () => Buffer.from('{"errors":[{"code":"DENIED","message":"permission_denied: write_package"}]}'),
  } as unknown as Parameters<typeof failureOf>[0];
  const error = await failureOf(answer, 'ghcr.io', 'with the credentials of GITHUB_TOKEN');
  expect(error).toMatchObject({
    message: expect.stringMatching(/GITHUB_TOKEN.*write_package/),
    hint: expect.stringContaining('packages: write'),
    reasons: ['DENIED'],
  });
  if (status === 403) expect(error.hint).toContain('Manage Actions access');
});
