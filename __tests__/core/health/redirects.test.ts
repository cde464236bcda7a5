import { describe, expect, test } from '@jest/globals';
import type { Answer, Request } from '../../../src/core/health/http.ts';
import { redirected } from '../../../src/core/health/redirects.ts';

const sent = (more: Partial<Request> = {}): Request => ({
  url: new URL('https://a.test/x'),
  method: 'GET',
  headers: { authorization: 'Bearer secret', 'x-api-key': 'secret', accept: 'text/html' },
  ...more,
});
const answer = (status: number, location?: string): Answer => ({
  status,
  headers: location === undefined ? {} : { location },
  body: Buffer.alloc(0),
  truncated: false,
});
const thrown = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('redirected', () => {
  test('to the same origin: everything goes along', () => {
    const next = redirected(sent({ url: new URL('https://me:word@a.test/x') }), answer(302, '/y'))!;
    expect(next.url.href).toBe('https://me:word@a.test/y');
    expect(next.headers).toHaveProperty('authorization');
  });

  test.each([
    ['another host', 'https://b.test/'],
    ['another port', 'https://a.test:8443/'],
    ['another scheme', 'http://a.test/'],
    ['without a scheme', '//b.test/'],
  ])('to %s: no credentials', (_, location) => {
    const next = redirected(sent({ url: new URL('https://me:word@a.test/x') }), answer(307, location))!;
    expect(next.headers).toEqual({ accept: 'text/html' });
    expect(next.url.username + next.url.password).toBe('');
  });

  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [307, 'POST', 'POST'],
    [308, 'PUT', 'PUT'],
    [301, 'PUT', 'PUT'],
  ])('%i turns %s into %s', (status, method, expected) => {
    const next = redirected(sent({ method, body: 'b', headers: { 'content-type': 'x/y' } }), answer(status, '/y'))!;
    expect(next.method).toBe(expected);
    expect(next.body).toBe(expected === 'GET' || expected === 'HEAD' ? (method === 'HEAD' ? 'b' : undefined) : 'b');
    expect(next.headers['content-type']).toBe(expected === 'GET' ? undefined : 'x/y');
  });

  test('a body is not sent to another host', () => {
    expect(thrown(() => redirected(sent({ method: 'POST', body: 'b' }), answer(307, 'https://b.test/')))).toMatchObject(
      {
        reason: 'redirect',
        retriable: false,
      },
    );
  });

  test.each(['javascript:alert(1)', 'file:///etc/passwd', 'http://'])('%s is not followed', location => {
    expect(thrown(() => redirected(sent(), answer(302, location)))).toMatchObject({ reason: 'redirect' });
  });

  test('other answers are none', () => {
    expect(redirected(sent(), answer(200, '/y'))).toBeUndefined();
    expect(redirected(sent(), answer(304, '/y'))).toBeUndefined();
    expect(redirected(sent(), answer(302))).toBeUndefined();
  });
});
