import { bundleToJSON } from '@sigstore/bundle';
import { CIContextProvider, DSSEBundleBuilder, FulcioSigner, RekorWitness, TSAWitness } from '@sigstore/sign';
import { statementType } from '../../core/attestation/statement.ts';
import { aborted } from '../../core/deadline.ts';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import type { Endpoints } from './sigstore.ts';

/** Milliseconds for one request; retries come on top. */
const timeout = 15_000;
const retry = 3;

/**
 * Signs a statement by the identity of this job (Sigstore): a key that lives for one signature, a certificate that says
 * whose it is, and a witness that says when. Loaded only when it is used: Sigstore's libraries are large.
 */
export async function signKeyless(payload: Buffer, endpoints: Endpoints, signal: AbortSignal): Promise<Buffer> {
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
    return Buffer.from(JSON.stringify(bundleToJSON(bundle)));
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
