import { createHmac } from 'node:crypto';

/** Bytes of the shortest and the longest key that the specification lets. */
const [shortest, longest] = [24, 64];

/**
 * The key of a webhook: `whsec_` and base64, else the text itself.
 * Source: Standard Webhooks 1.0, "Symmetric".
 */
export function readKey(secret: string, refuse: (why: string) => never): Buffer {
  const isBase64 = secret.startsWith('whsec_');
  const key = isBase64 ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
  if (key.length < shortest || key.length > longest) {
    refuse(
      `its secret has ${key.length} bytes and needs ${shortest} to ${longest}: openssl rand -base64 32 | sed s/^/whsec_/`,
    );
  }
  return key;
}

/**
 * The headers that sign a webhook.
 *
 * @param id of the message, the same in each try
 * @param time seconds since the epoch
 */
export function signedHeaders(key: Buffer, id: string, time: number, body: string): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${signature}` };
}
