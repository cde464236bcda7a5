import { type KeyObject, randomBytes } from 'node:crypto';
import { field, uint32 } from './wire.ts';

/** Writes an ed25519 key in OpenSSH's own form (PROTOCOL.key), unencrypted: the only one that ssh2 reads for this kind. */
export function openSshEd25519(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' }) as { d?: string; x?: string };
  const [secret, open] = [Buffer.from(d, 'base64url'), Buffer.from(x, 'base64url')];
  const publicBlob = Buffer.concat([field('ssh-ed25519'), field(open)]);
  const check = randomBytes(4);
  const inner = Buffer.concat([check, check, publicBlob, field(Buffer.concat([secret, open])), field('')]);
  const padding = Buffer.from(Array.from({ length: (8 - (inner.length % 8)) % 8 }, (_, index) => index + 1));
  const blob = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    uint32(1),
    field(publicBlob),
    field(Buffer.concat([inner, padding])),
  ]);
  const lines = blob.toString('base64').match(/.{1,70}/g)!;
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join('\n');
}
