import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isSigned, isSignedBy, readSecret } from '../../../src/cli/serve/signature.ts';
import { gitea, github, gitlab, type Sent } from './pushes.ts';

const text = randomBytes(32).toString('hex');
const whsec = `whsec_${randomBytes(32).toString('base64')}`;
const refuse = (why: string): never => {
  throw new Error(why);
};
const now = Date.now() / 1000;
const pushed = { ref: 'refs/heads/main', after: 'a'.repeat(40) };
const holds = (secret: string, { headers, body }: Sent, at = now) =>
  isSignedBy(readSecret(secret, refuse), headers, Buffer.from(body), at);

test('the example of GitHub’s documentation', () => {
  const secret = Buffer.from("It's a Secret to Everybody");
  const headers = {
    'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
  };
  expect(isSignedBy({ text: secret, key: secret }, headers, Buffer.from('Hello, World!'), now)).toBe(true);
});

describe.each([
  ['GitHub', github, text, 'x-hub-signature-256'],
  ['Gitea', gitea, text, 'x-gitea-signature'],
  ['GitLab, signed', gitlab, whsec, 'webhook-signature'],
  ['GitLab, by token', gitlab, text, 'x-gitlab-token'],
] as const)('%s', (name, send, secret, header) => {
  const sent = send(pushed, secret);
  const other = secret.startsWith('whsec_')
    ? `whsec_${randomBytes(32).toString('base64')}`
    : randomBytes(32).toString('hex');

  test('what is sent holds', () => expect(holds(secret, sent)).toBe(true));
  test('not for another secret', () => expect(holds(other, sent)).toBe(false));
  test('not when another body was signed', () => {
    if (name === 'GitLab, by token') return expect(holds(secret, { ...sent, body: '{}' })).toBe(true); // what it cannot say
    expect(holds(secret, { ...sent, body: sent.body.replace('aaaa', 'aaab') })).toBe(false);
  });
  test.each(['', 'sha256=', `${sent.headers[header]}0`, sent.headers[header]!.slice(0, -1), 'v1,', 'é'])(
    'not with %j in its place',
    value => {
      const { 'x-hub-signature-256': _, ...headers } = sent.headers;
      expect(holds(secret, { ...sent, headers: { ...headers, [header]: value } })).toBe(false);
    },
  );
});

test('a good token beside a bad signature does not help', () => {
  const sent = gitlab(pushed, whsec);
  const headers = { ...sent.headers, 'webhook-signature': 'v1,AAAA', 'x-gitlab-token': whsec };
  expect(holds(whsec, { ...sent, headers })).toBe(false);
});

test('of several signatures one is enough, as when the key is changed', () => {
  const sent = gitlab(pushed, whsec);
  const headers = { ...sent.headers, 'webhook-signature': `v1,AAAA v2,x ${sent.headers['webhook-signature']}` };
  expect(holds(whsec, { ...sent, headers })).toBe(true);
});

test.each([
  ['late', 301],
  ['early', -301],
])('a signed time that is too %s is refused', (_, away) => {
  expect(holds(whsec, gitlab(pushed, whsec), now + away + Math.sign(away))).toBe(false);
});

test('another signed id or time breaks the signature', () => {
  const sent = gitlab(pushed, whsec);
  for (const more of [{ 'webhook-id': 'other' }, { 'webhook-timestamp': String(Math.floor(now) - 1) }])
    expect(holds(whsec, { ...sent, headers: { ...sent.headers, ...more } })).toBe(false);
});

test('nothing is signed without a header that says so', () => {
  expect(isSigned({ 'x-hub-signature': 'sha1=aa' })).toBe(false);
  expect(isSignedBy(readSecret(text, refuse), {}, Buffer.alloc(0), now)).toBe(false);
});

test.each([
  ['x'.repeat(31), 'has 31 bytes, and needs 32'],
  [`whsec_${randomBytes(31).toString('base64')}`, 'has 31 bytes, and needs 32'],
  ['', 'has 0 bytes'],
])('a secret under 32 bytes is refused: %s', (secret, why) => {
  expect(() => readSecret(secret, refuse)).toThrow(why);
  expect(readSecret('x'.repeat(32), refuse).key).toHaveLength(32);
});
