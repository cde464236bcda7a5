import { scryptSync } from 'node:crypto';
import nacl from 'tweetnacl';
import * as v from 'valibot';
import { SlipwayError } from '../errors.ts';

const pem = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/;

/** The JSON inside (go-securesystemslib, encrypted): scrypt makes the key, NaCl's secretbox holds the content. */
const Encrypted = v.object({
  kdf: v.object({
    name: v.literal('scrypt'),
    params: v.object({
      N: v.pipe(v.number(), v.integer(), v.maxValue(2 ** 20)),
      r: v.pipe(v.number(), v.integer(), v.maxValue(32)),
      p: v.pipe(v.number(), v.integer(), v.maxValue(16)),
    }),
    salt: v.string(),
  }),
  cipher: v.object({ name: v.literal('nacl/secretbox'), nonce: v.string() }),
  ciphertext: v.string(),
});

export function isCosignKey(text: string): boolean {
  return pem.test(text);
}

/** The PKCS#8 key in a file of `cosign generate-key-pair`. */
export function decryptCosignKey(text: string, password: string): Buffer {
  const decode = (base64: string) => Buffer.from(base64, 'base64');
  const { kdf, cipher, ciphertext } = parse(decode(pem.exec(text)![1]!));
  const { N, r, p } = kdf.params;
  const opened = (() => {
    try {
      const key = scryptSync(password, decode(kdf.salt), 32, { N, r, p, maxmem: 256 * N * r });
      return nacl.secretbox.open(decode(ciphertext), decode(cipher.nonce), key);
    } catch {
      throw damaged();
    }
  })();
  if (opened) return Buffer.from(opened);
  throw new SlipwayError('SIGNING_KEY', 'the signing key cannot be used: it cannot be decrypted', {
    hint: 'Check signing-password: it is what cosign generate-key-pair asked for (COSIGN_PASSWORD).',
  });
}

function parse(json: Buffer): v.InferOutput<typeof Encrypted> {
  try {
    return v.parse(Encrypted, JSON.parse(json.toString('utf8')));
  } catch {
    throw damaged();
  }
}

function damaged(): SlipwayError {
  return new SlipwayError('SIGNING_KEY', 'the signing key cannot be used: it is not as cosign writes it', {
    hint: 'Copy the whole file again, or make a new one: cosign generate-key-pair.',
  });
}
