import { X509Certificate } from 'node:crypto';
import { bundleAnnotations, bundleType, keyBundle, readBundle } from '../../core/attestation/bundle.ts';
import { isSignedBy, type SigningKey } from '../../core/attestation/key.ts';
import { predicateTypes, statementType } from '../../core/attestation/statement.ts';
import type { Wanted } from './wanted.ts';

/** A statement in the form in which it is attached. */
export interface Sealed {
  readonly type: string;
  readonly bytes: Buffer;
  readonly annotations: Readonly<Record<string, string>>;
  /** Whom the certificate names, where it was signed by one. */
  readonly identity?: SignerIdentity;
}

/** A certificate's subject (a workflow at its ref) and the issuer of the token that it was given for. */
export interface SignerIdentity {
  readonly subject: string;
  readonly issuer: string;
}

/** What a run's own identity signed. */
export interface Signed {
  readonly bytes: Buffer;
  readonly identity: SignerIdentity | undefined;
}

/** How statements become artifacts: as they are, signed by a key, or signed by the run's own identity. */
export interface Sealer {
  /** Media type of what it makes. */
  readonly type: string;
  /** What the record says of the signer; undefined for none. */
  readonly signedBy: string | undefined;
  seal(wanted: Wanted, signal: AbortSignal): Promise<Sealed>;
  /**
   * Makes again, from what a list of referrers says of an artifact, the very bytes that it must have; undefined when it
   * is another statement, or another key's. Who compares digests then knows content and signature without reading them.
   */
  again(wanted: Wanted, annotations: Readonly<Record<string, string>>): Sealed | undefined;
  /** Whether these bytes hold the statement, rightly signed. */
  holds(wanted: Wanted, bytes: Buffer): boolean;
}

const predicateType = 'in-toto.io/predicate-type';
/** The signature once more: ECDSA's differ each time, and with it the whole artifact can be computed. */
const signatureOf = 'slipway.signature';

/** Unsigned: the in-toto statement itself. */
export function plainSealer(): Sealer {
  const seal = ({ predicate, payload }: Wanted): Sealed => ({
    type: statementType,
    bytes: payload,
    annotations: { [predicateType]: predicateTypes[predicate] },
  });
  return {
    type: statementType,
    signedBy: undefined,
    seal: async wanted => seal(wanted),
    again: seal,
    holds: ({ payload }, bytes) => payload.equals(bytes),
  };
}

/** Signed by a key, as cosign does it. */
export function keySealer(key: SigningKey): Sealer {
  const sealed = ({ predicate, payload }: Wanted, signature: Buffer): Sealed => ({
    type: bundleType,
    bytes: keyBundle(payload, signature, key.hint),
    annotations: {
      ...bundleAnnotations(predicateTypes[predicate]),
      [signatureOf]: signature.toString('base64'),
    },
  });
  return {
    type: bundleType,
    signedBy: `key ${key.hint}`,
    seal: async wanted => sealed(wanted, key.sign(wanted.payload)),
    again: (wanted, annotations) => {
      const signature = Buffer.from(annotations[signatureOf] ?? '', 'base64');
      return isSignedBy(key.publicKey, wanted.payload, signature) ? sealed(wanted, signature) : undefined;
    },
    holds: ({ payload }, bytes) => {
      const read = readBundle(bytes, 'what was attached');
      return read.payload.equals(payload) && isSignedBy(key.publicKey, payload, read.signature);
    },
  };
}

/** Signed by a certificate of this very run; each run signs anew. */
export function keylessSealer(sign: (payload: Buffer, signal: AbortSignal) => Promise<Signed>): Sealer {
  return {
    type: bundleType,
    signedBy: 'keyless',
    seal: async ({ predicate, payload }, signal) => {
      const { bytes, identity } = await sign(payload, signal);
      const annotations = bundleAnnotations(predicateTypes[predicate]);
      return { type: bundleType, bytes, annotations, ...(identity !== undefined && { identity }) };
    },
    again: () => undefined,
    holds: ({ payload }, bytes) => {
      const { certificate, payload: read, signature } = readBundle(bytes, 'what was attached');
      if (certificate === undefined || !read.equals(payload)) return false;
      return isSignedBy(new X509Certificate(certificate).publicKey, payload, signature);
    },
  };
}
