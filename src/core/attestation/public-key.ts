import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { resolve } from 'node:path';
import { SlipwayError } from '../errors.ts';
import { readIfThere } from '../files.ts';

/**
 * The public key in PEM, or in the file of that path.
 *
 * @throws INPUT_INVALID
 */
export async function readPublicKey(given: string, directory: string): Promise<KeyObject> {
  const text = given.includes('-----BEGIN') ? given : await readIfThere(resolve(directory, given));
  try {
    const key = createPublicKey(text ?? '');
    if (key.asymmetricKeyType === 'ed25519' || key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
  } catch {}
  throw new SlipwayError(
    'INPUT_INVALID',
    `input "require-attestation" is ${text === undefined ? `the path of no file: ${given}` : 'no public key that can be used'}`,
    { hint: 'Nothing was changed. Give cosign.pub or its path: ECDSA on P-256, or Ed25519, in PEM.' },
  );
}

/** How bundles name a key: sha256 of its SubjectPublicKeyInfo in base64. */
export function keyHint(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
