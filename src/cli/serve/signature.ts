import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Headers } from './push.ts';

/** Seconds that a signed time may be away from ours. Source: Standard Webhooks 1.0, "Verifying webhook authenticity". */
const tolerance = 300;

/** Bytes below which a secret could be found by trying. */
const shortest = 32;

/** A webhook's secret, as it was given to the forge. */
export interface Secret {
  readonly text: Buffer;
  /** What signs by Standard Webhooks: of `whsec_BASE64` the bytes. */
  readonly key: Buffer;
}

/** @param refuse called with what is wrong with it */
export function readSecret(text: string, refuse: (why: string) => never): Secret {
  const key = text.startsWith('whsec_') ? Buffer.from(text.slice('whsec_'.length), 'base64') : Buffer.from(text);
  if (key.length < shortest) refuse(`the secret has ${key.length} bytes, and needs ${shortest}: openssl rand -hex 32`);
  return { text: Buffer.from(text), key };
}

type Check = (headers: Headers, body: Buffer, secret: Secret, now: number) => boolean;

/**
 * How a push is signed, the strongest way first; the first that a request has is the one that counts. GitLab's secret
 * token says who sent it and nothing of the body: whoever has seen one request can make others.
 */
const ways: readonly (readonly [header: string, check: Check])[] = [
  ['webhook-signature', standard],
  [
    'x-hub-signature-256',
    (headers, body, { text }) => is(headers, 'x-hub-signature-256', `sha256=${hmac(text, body)}`),
  ],
  ['x-gitea-signature', (headers, body, { text }) => is(headers, 'x-gitea-signature', hmac(text, body))],
  ['x-gitlab-token', (headers, _, { text }) => is(headers, 'x-gitlab-token', text.toString())],
];

/** Whether a request is signed at all: known before its body is read. */
export function isSigned(headers: Headers): boolean {
  return ways.some(([header]) => headers[header] !== undefined);
}

/**
 * Whether whoever has the secret signed this body.
 *
 * @param now seconds since the epoch
 */
export function isSignedBy(secret: Secret, headers: Headers, body: Buffer, now: number): boolean {
  const [, check] = ways.find(([header]) => headers[header] !== undefined) ?? [];
  return check?.(headers, body, secret, now) ?? false;
}

/** GitLab's signing token. Source: Standard Webhooks 1.0; several signatures are separated by blanks. */
function standard(headers: Headers, body: Buffer, { key }: Secret, now: number): boolean {
  const [id, time] = [String(headers['webhook-id'] ?? ''), String(headers['webhook-timestamp'] ?? '')];
  if (!/^\d{1,12}$/.test(time) || Math.abs(Number(time) - now) > tolerance) return false;
  const expected = `v1,${createHmac('sha256', key).update(`${id}.${time}.`).update(body).digest('base64')}`;
  const given = String(headers['webhook-signature']).split(' ').slice(0, 8);
  return given.map(one => isEqual(one, expected)).includes(true);
}

const hmac = (key: Buffer, body: Buffer) => createHmac('sha256', key).update(body).digest('hex');

const is = (headers: Headers, name: string, expected: string) => isEqual(String(headers[name]), expected);

/** In a time that tells nothing: both are made the same length first. */
function isEqual(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'equal').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
