import { bundleToJSON } from '@sigstore/bundle';
import { CIContextProvider, FulcioSigner, MessageSignatureBundleBuilder, RekorWitness } from '@sigstore/sign';
import { signKeyless } from '../../src/build-multiarch-image/attest/keyless.ts';
import type { Sigstore } from './sigstore.ts';
import type { TimestampAuthority } from './timestamp-authority.ts';

/** Signs a statement by the identity of the job as build-multiarch-image does, with an entry of the log or with a timestamp. */
export function signStatement(payload: Buffer, sigstore: Sigstore, clock?: TimestampAuthority): Promise<Buffer> {
  const endpoints = {
    fulcio: sigstore.url,
    rekor: clock === undefined ? sigstore.url : undefined,
    timestamp: clock?.url,
  };
  const signing = () => signKeyless(payload, endpoints, AbortSignal.timeout(30_000));
  return asJob(sigstore, async () => (await signing()).bytes);
}

/** Signs bytes themselves, as `cosign sign-blob` does. */
export function signBlob(data: Buffer, { url, ...sigstore }: Sigstore): Promise<Buffer> {
  const builder = new MessageSignatureBundleBuilder({
    signer: new FulcioSigner({ identityProvider: new CIContextProvider('sigstore'), fulcioBaseURL: url }),
    witnesses: [new RekorWitness({ rekorBaseURL: url })],
  });
  return asJob(sigstore, async () => Buffer.from(JSON.stringify(bundleToJSON(await builder.create({ data })))));
}

/** The library reads the environment of a runner. */
async function asJob<T>({ env }: Pick<Sigstore, 'env'>, task: () => Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    return await task();
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
  }
}
