import { describe, expect, test } from '@jest/globals';
import type { SlipwayError } from '../../../src/core/errors.ts';
import { type HttpCheck, parseChecks } from '../../../src/core/health/index.ts';

const one = (text: string) => {
  const checks = parseChecks(text);
  expect(checks).toHaveLength(1);
  return checks[0]!;
};
const http = (text: string) => one(text) as HttpCheck;
const problem = (text: string): SlipwayError => {
  try {
    parseChecks(text);
  } catch (error) {
    return error as SlipwayError;
  }
  throw new Error(`nothing was thrown for ${text}`);
};

describe('short form', () => {
  test('status, texts and the time within', () => {
    const check = http('POST https://host/healthz 200,3xx contains "all \\"good\\"" contains ok within 1m30s');
    expect(check).toMatchObject({
      kind: 'http',
      method: 'POST',
      name: 'POST https://host/healthz',
      status: [
        [200, 200],
        [300, 399],
      ],
      contains: ['all "good"', 'ok'],
      within: 90_000,
      redirects: 5,
    });
  });

  test.each([
    ['https://host/healthz', [[200, 299]]],
    ['http://[::1]:8080/ 204', [[204, 204]]],
    ['http://host 200-204', [[200, 204]]],
  ])('%s', (text, status) => expect(http(text).status).toEqual(status));

  test.each([
    ['tcp db:5432 within 300ms', { kind: 'tcp', host: 'db', port: 5432, within: 300, name: 'tcp db:5432' }],
    ['tcp [::1]:80', { kind: 'tcp', host: '::1', port: 80, name: 'tcp [::1]:80' }],
  ])('%s', (text, expected) => expect(one(text)).toEqual(expected));

  test('lines, comments, and equal names', () => {
    expect(parseChecks('# all of them\n\nhttp://a/\n  http://a/\ntcp b:1\n').map(check => check.name)).toEqual([
      'http://a/',
      'http://a/ #2',
      'tcp b:1',
    ]);
    expect(parseChecks('\n# nothing\n')).toEqual([]);
  });

  test('no secret of a URL is in a name', () => {
    expect(http('https://me:hidden@host/x?token=hidden&a=1').name).toBe('https://host/x?token=***&a=1');
  });

  test.each([
    ['https://host 200 within 300', 'DURATION_INVALID', 'line 1'],
    ['http://ok\nhttps://host 600', 'CHECK_INVALID', 'line 2'],
    ['https://host 2x', 'STATUS_INVALID', '"2x"'],
    ['https://host 204-200', 'STATUS_INVALID', '204-200'],
    ['https://host whithin 3s', 'CHECK_INVALID', '"whithin"'],
    ['https://host contains', 'CHECK_INVALID', 'ends after "contains"'],
    ['ftp://host', 'URL_INVALID', 'ftp://host'],
    ['host/healthz', 'URL_INVALID', 'host/healthz'],
    ['tcp host', 'CHECK_INVALID', 'HOST:PORT'],
    ['tcp host:0', 'CHECK_INVALID', '1 to 65535'],
    ['tcp host:80 200', 'CHECK_INVALID', '"200"'],
  ])('%j is refused', (text, code, words) => {
    const error = problem(text);
    expect(error.code).toBe(code);
    expect(error.message).toContain(words);
    expect(error.hint).toBeTruthy();
  });

  test('an error does not tell the password', () => {
    expect(problem('htp://me:hidden@host').message).not.toContain('hidden');
    expect(problem('https://me:hid%zzden@host').message).not.toContain('hid');
  });
});

describe('YAML form', () => {
  test('means the same as the short form', () => {
    const long = http('- url: https://host/healthz\n  status: 200\n  within: 300ms\n  contains: ok');
    expect(long).toEqual(http('https://host/healthz 200 contains ok within 300ms'));
    expect(one('- tcp: host:1\n  within: 1s')).toEqual(one('tcp host:1 within 1s'));
  });

  test('everything a check can say', () => {
    const check = http(`
- name: ready
  url: https://host/ready
  method: post
  headers: { Authorization: Bearer x, X-Number: 7 }
  body: { deep: true }
  status: [200, 3xx]
  contains: [a, b]
  json: { $.status: ok, "checks[0]['a b']": 3, $.off: null }
  redirects: 0
  insecure: true
`);
    expect(check).toMatchObject({
      name: 'ready',
      method: 'POST',
      headers: { authorization: 'Bearer x', 'x-number': '7', 'content-type': 'application/json' },
      body: '{"deep":true}',
      contains: ['a', 'b'],
      redirects: 0,
      insecure: true,
      json: [
        { path: { steps: ['status'] }, equals: 'ok' },
        { path: { steps: ['checks', 0, 'a b'] }, equals: 3 },
        { path: { steps: ['off'] }, equals: null },
      ],
    });
  });

  test('a list as JSON, short forms among the maps: what a slipway.yml passes on', () => {
    expect(parseChecks('["http://a/", {"url": "http://b/"}]').map(check => check.name)).toEqual([
      'http://a/',
      'http://b/',
    ]);
  });

  test.each([
    ['- url: http://a\n  staus: 200', 'checks[0]: unknown key "staus" (did you mean "status"?)'],
    ['- name: x', 'it needs one of "url", "tcp"'],
    ['- url: http://a\n- url: http://a\n  tcp: a:1', 'checks[1]: it has several targets: "url", "tcp"'],
    ['- tcp: a:1\n  status: 200', 'unknown key "status"'],
    ['- 7', 'neither a map nor a short form'],
    ['- url: http://a\n  method: FETCH', 'allowed: GET'],
    ['- url: http://a\n  headers: {"a b": c}', 'not the name of a header'],
    ['- url: http://a\n  headers: {a: "b\\nc"}', 'line end'],
    ['- url: http://a\n  json: {"$..a": 1}', 'not a path to one value'],
    ['- url: http://a\n  redirects: 99', '0 to 20'],
    ['- url: http://a\n  insecure: maybe', 'true or false'],
    ['- url: http://a\n  within: 3', 'not a duration'],
    ['- {url: http://a', 'not valid YAML'],
  ])('%j is refused', (text, words) => expect(problem(text).message).toContain(words));
});
