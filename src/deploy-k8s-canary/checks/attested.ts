import { attachedBundles } from '../../core/attestation/attached.ts';
import { isSignedBy } from '../../core/attestation/key.ts';
import { keyHint, readPublicKey } from '../../core/attestation/public-key.ts';
import { statementType } from '../../core/attestation/statement.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import type { Repository } from '../../core/registry/reference.ts';

/**
 * The image must have a bundle attached that the key has signed: a signature or a statement, about this very digest.
 *
 * @param required the input: a public key in PEM, or its path
 * @returns what attests it: predicate type and key
 * @throws ATTESTATION_MISSING
 */
export async function mustBeAttested(
  client: RegistryClient,
  { image, repository, digest }: { image: string; repository: Repository; digest: string },
  required: string,
  { directory }: { directory: string },
  signal: AbortSignal,
): Promise<string> {
  const key = await readPublicKey(required, directory);
  const attached = await attachedBundles(client, repository, digest, signal);
  const refused: string[] = [];
  for (const { predicateType, about, bundle } of attached) {
    if (!about) refused.push(`${predicateType} is about another image`);
    else if (bundle.payloadType !== statementType || !isSignedBy(key, bundle.payload, bundle.signature))
      refused.push(`${predicateType} is signed by another key`);
    else return `${predicateType} by key ${keyHint(key)}`;
  }
  const seen = refused.length > 0 ? refused.join('; ') : 'no Sigstore bundle is attached to it';
  throw new SlipwayError('ATTESTATION_MISSING', `${image} is not attested by the key: ${seen}`, {
    hint: 'Nothing was changed. Attest it after the build: `sign: key` in build-multiarch-image, or cosign attest.',
  });
}
