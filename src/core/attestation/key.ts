import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { SlipwayError } from '../errors.ts';
import { decryptCosignKey, isCosignKey } from './cosign-key.ts';
import { preAuthEncoding } from './dsse.ts';
import { statementType } from './statement.ts';

/** A key pair that signs statements; the private half stays in memory. */
export interface SigningKey {
  readonly publicKey: KeyObject;
  /** How bundles name the key: sha256 of its SubjectPublicKeyInfo in base64, as cosign does. */
  readonly hint: string;
  readonly sign: (payload: Buffer) => Buffer;
}

/**
 * Reads a private key: cosign's encrypted format, or PEM (PKCS#8 or SEC 1, encrypted or not). ECDSA P-256 or Ed25519.
 *
 * @throws `SIGNING_KEY` without a word of the key's content
 */
export function readSigningKey(text: string, password: string | undefined): SigningKey {
  const key = isCosignKey(text) ? fromDer(decryptCosignKey(text, password ?? '')) : fromPem(text, password);
  const algorithm = algorithmOf(key);
  const publicKey = createPublicKey(key);
  const hint = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
  return { publicKey, hint, sign: payload => sign(algorithm, preAuthEncoding(statementType, payload), key) };
}

/** Whether a statement's signature is this key's. */
export function isSignedBy(publicKey: KeyObject, payload: Buffer, signature: Buffer): boolean {
  return verify(algorithmOf(publicKey), preAuthEncoding(statementType, payload), publicKey, signature);
}

/** The digest that goes with a key; Ed25519 has its own. */
function algorithmOf(key: KeyObject): 'sha256' | null {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ed25519') return null;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return 'sha256';
  throw refuse(`it is ${key.asymmetricKeyType} ${curve ?? ''}`.trim(), 'Use an ECDSA key on P-256, or Ed25519.');
}

function fromPem(text: string, password: string | undefined): KeyObject {
  const encrypted = /ENCRYPTED/.test(text);
  if (encrypted && (password ?? '') === '')
    throw refuse('it is encrypted, and no password is given', 'Give its password in signing-password.');
  try {
    return createPrivateKey({ key: text, format: 'pem', ...(encrypted ? { passphrase: password } : {}) });
  } catch {
    // The library's reason could quote the input; it is either of these two.
    throw refuse(
      encrypted ? 'it cannot be decrypted' : 'it is no private key in PEM',
      encrypted ? 'Check signing-password.' : 'Give the content of cosign.key, or a PEM file that openssl wrote.',
    );
  }
}

function fromDer(key: Buffer): KeyObject {
  try {
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    throw refuse('what it encrypts is no private key', 'Make the key again: cosign generate-key-pair.');
  }
}

function refuse(why: string, hint: string): SlipwayError {
  return new SlipwayError('SIGNING_KEY', `the signing key cannot be used: ${why}`, { hint });
}
