import { type KeyObject, verify } from 'node:crypto';
import { SlipwayError } from '../errors.ts';
import { readBundle, readMessageSignature } from './bundle.ts';
import { describeIdentity, readIdentity } from './identity.ts';
import type { SignerInputs } from './inputs.ts';
import { isSignedBy } from './key.ts';
import { keyHint, readPublicKey } from './public-key.ts';
import { predicatesOf, statementType } from './statement.ts';

/** Who signed a bundle, or why it does not count. */
export type Checked =
  /** `statement`: the very bytes that were signed; undefined: what was signed is the blob. */
  { readonly by: string; readonly statement: Buffer | undefined } | { readonly why: string; readonly hint?: string };

/** Somebody whose signature counts. */
export interface TrustedSigner {
  /** For messages: `the key`, or whose identity. */
  readonly name: string;
  /**
   * @param blob what was signed, where a bundle may hold a signature of that instead of a statement
   * @throws TRUSTED_ROOT_UNREACHABLE
   */
  check(bundle: Buffer, blob?: Buffer): Promise<Checked>;
}

/** What must be attested, and by whom. */
export interface Requirement {
  readonly signer: TrustedSigner;
  /** URLs of predicate types, one of which it must be; undefined: any. */
  readonly types: readonly string[] | undefined;
  /** The same as it was written. */
  readonly type: string;
}

export interface RequirementInputs extends SignerInputs {
  readonly 'require-attestation'?: string | undefined;
}

/** Reads the inputs. Undefined: nothing is required. Throws INPUT_INVALID for what would require less than it seems to. */
export async function readRequirement(inputs: RequirementInputs, directory: string): Promise<Requirement | undefined> {
  const { 'require-attestation': required, 'predicate-type': type } = inputs;
  if (required === 'keyless')
    return { signer: await keylessSigner(inputs, directory), types: predicatesOf(type), type: type ?? 'attestation' };
  const idle =
    keylessOnly.find(name => inputs[name] !== undefined) ?? (required ? undefined : type && 'predicate-type');
  if (idle !== undefined)
    throw new SlipwayError('INPUT_INVALID', `input "${idle}" is given, and nothing uses it`, {
      hint: `Nothing was changed. Say require-attestation: keyless${idle === 'predicate-type' ? ' or a public key' : ''}, or leave it out.`,
    });
  if (required === undefined) return undefined;
  const signer = keySigner(await readPublicKey(required, directory));
  return { signer, types: predicatesOf(type), type: type ?? 'attestation' };
}

const keylessOnly = [
  'certificate-identity',
  'certificate-identity-regexp',
  'certificate-oidc-issuer',
  'source-repository',
  'signer-workflow',
  'trusted-root',
] as const;

/** The holder of a key: statements, and signatures of the bytes themselves. */
export function keySigner(key: KeyObject): TrustedSigner {
  const by = `key ${keyHint(key)}`;
  return {
    name: 'the key',
    check: async (bundle, blob) => {
      const message = readMessageSignature(bundle);
      if (message !== undefined) {
        const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
        const good = blob !== undefined && verify(algorithm, blob, key, message);
        return good ? { by, statement: undefined } : { why: 'it is not this key’s signature of the binary' };
      }
      const read = signed(bundle);
      if (read === undefined) return { why: 'nobody signed it' };
      const { payload, payloadType, signature } = read;
      const good = payloadType === statementType && isSignedBy(key, payload, signature);
      return good ? { by, statement: payload } : { why: 'another key signed it' };
    },
  };
}

function signed(bundle: Buffer) {
  try {
    return readBundle(bundle, 'what is attached');
  } catch {
    return undefined; // a statement as it is
  }
}

/** Whoever could show this identity to a certificate authority (Sigstore). The roots are read now, or fetched once. */
export async function keylessSigner(inputs: SignerInputs, directory: string): Promise<TrustedSigner> {
  const identity = readIdentity(inputs);
  const { 'trusted-root': given } = inputs;
  const roots =
    given === undefined
      ? [await (await import('./public-good.ts')).fetchTrustedRoot()]
      : await (await import('./trusted-root.ts')).readTrustedRoots(given, directory);
  return {
    name: describeIdentity(identity),
    check: async (bundle, blob) => {
      const { checkKeyless } = await import('./keyless.ts');
      return checkKeyless(bundle, blob, identity, roots);
    },
  };
}
