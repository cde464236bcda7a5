import * as v from 'valibot';
import { SlipwayError } from '../errors.ts';
import type { Envelope } from './dsse.ts';
import { statementType } from './statement.ts';

/** The Sigstore bundle, which cosign 3 and `gh attestation` read (protobuf-specs, sigstore_bundle.proto). */
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json';

/** What a bundle's manifest says of it, in cosign's words: its clients find the right one without reading all. */
export function bundleAnnotations(predicateType: string): Record<string, string> {
  return {
    'dev.sigstore.bundle.content': 'dsse-envelope',
    'dev.sigstore.bundle.predicateType': predicateType,
  };
}

/** A statement signed by a key, as bytes: the same statement and signature make the same bundle. */
export function keyBundle(payload: Buffer, signature: Buffer, hint: string): Buffer {
  const dsseEnvelope: Envelope = {
    payload: payload.toString('base64'),
    payloadType: statementType,
    signatures: [{ sig: signature.toString('base64') }],
  };
  return Buffer.from(
    JSON.stringify({ mediaType: bundleType, verificationMaterial: { publicKey: { hint } }, dsseEnvelope }),
  );
}

const Bundle = v.looseObject({
  mediaType: v.string(),
  verificationMaterial: v.looseObject({
    publicKey: v.optional(v.looseObject({ hint: v.optional(v.string()) })),
    certificate: v.optional(v.looseObject({ rawBytes: v.string() })),
  }),
  dsseEnvelope: v.looseObject({
    payload: v.string(),
    payloadType: v.string(),
    signatures: v.pipe(v.array(v.looseObject({ sig: v.string() })), v.minLength(1)),
  }),
});

const MessageBundle = v.looseObject({ messageSignature: v.looseObject({ signature: v.string() }) });

/** What is read of a bundle. */
export interface ReadBundle {
  readonly payload: Buffer;
  readonly payloadType: string;
  readonly signature: Buffer;
  /** DER of the signer's certificate, where it was signed without a key of one's own. */
  readonly certificate: Buffer | undefined;
}

/** Throws `ATTESTATION_INVALID` for anything that is no bundle. `from` names its source. */
export function readBundle(bytes: Buffer, from: string): ReadBundle {
  try {
    const { dsseEnvelope, verificationMaterial } = v.parse(Bundle, JSON.parse(bytes.toString('utf8')));
    const decode = (text: string) => Buffer.from(text, 'base64');
    const { certificate } = verificationMaterial;
    return {
      payload: decode(dsseEnvelope.payload),
      payloadType: dsseEnvelope.payloadType,
      signature: decode(dsseEnvelope.signatures[0]!.sig),
      certificate: certificate === undefined ? undefined : decode(certificate.rawBytes),
    };
  } catch (cause) {
    throw new SlipwayError('ATTESTATION_INVALID', `${from} is no Sigstore bundle`, {
      hint: 'Attach it again.',
      cause,
    });
  }
}

/** Of a bundle of `cosign sign-blob`: the signature of the bytes themselves. Undefined for any other. */
export function readMessageSignature(bytes: Buffer): Buffer | undefined {
  try {
    const message = v.safeParse(MessageBundle, JSON.parse(bytes.toString('utf8')));
    return message.success ? Buffer.from(message.output.messageSignature.signature, 'base64') : undefined;
  } catch {
    return undefined;
  }
}
