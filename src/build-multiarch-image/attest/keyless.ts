import { type Bundle, bundleToJSON } from '@sigstore/bundle';
import { X509Certificate } from '@sigstore/core';
import { CIContextProvider, DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } from '@sigstore/sign';
import { statementType } from '../../core/attestation/statement.ts';
import { aborted } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import type { Signed, SignerIdentity } from './seal.ts';
import type { Endpoints } from './sigstore.ts';

/** Milliseconds for one request; retries come on top. */
const timeout = 15_000;
const retry = 3;

/**
 * Signs a statement by the identity of this job (Sigstore): a key that lives for one signature, a certificate that says
 * whose it is, and a witness that says when. Loaded only when it is used: Sigstore's libraries are large.
 */
export async function signKeyless(payload: Buffer, endpoints: Endpoints, signal: AbortSignal): Promise<Signed> {
  const { fulcio, rekor, timestamp } = endpoints;
  const builder = new DSSEBundleBuilder({
    signer: new FulcioSigner({
      identityProvider: new CIContextProvider('sigstore'),
      fulcioBaseURL: fulcio,
      timeout,
      retry,
    }),
    witnesses: [
      ...(rekor === undefined ? [] : [new RekorWitness({ rekorBaseURL: rekor, entryType: 'dsse', timeout, retry })]),
      ...(timestamp === undefined ? [] : [new TSAWitness({ tsaBaseURL: timestamp, timeout, retry })]),
    ],
  });
  try {
    const made = builder.create({ data: payload, type: statementType });
    const bundle = await Promise.race([made, aborted(signal)]);
    return { bytes: Buffer.from(JSON.stringify(bundleToJSON(bundle))), identity: identityOf(bundle) };
  } catch (error) {
    signal.throwIfAborted();
    const { code = 'SIGNING_FAILED', cause } = error as { code?: string; cause?: unknown };
    const why = cause === undefined ? '' : `: ${messageOf(cause)}`;
    throw new SlipwayError('SIGNING_FAILED', `signing through ${fulcio}: ${code}: ${messageOf(error)}${why}`, {
      hint: 'Check `permissions: id-token: write`, and the state of Sigstore: https://status.sigstore.dev.',
      cause: error,
    });
  }
}

/** https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md: the issuer as a string of ASN.1, and as it was before. */
const issuers = ['1.3.6.1.4.1.57264.1.8', '1.3.6.1.4.1.57264.1.1'] as const;

/** Whom the certificate of a bundle names; undefined where it does not say both. */
function identityOf({ verificationMaterial: { content } }: Bundle): SignerIdentity | undefined {
  if (content.$case !== 'certificate') return undefined;
  const certificate = X509Certificate.parse(Buffer.from(content.certificate.rawBytes));
  const [asn1, plain] = issuers.map(oid => certificate.extension(oid)?.valueObj);
  const issuer = (asn1?.subs[0]?.value ?? plain?.value)?.toString('utf8');
  const subject = certificate.subjectAltName;
  return subject === undefined || issuer === undefined ? undefined : { subject, issuer };
}
