import { SlipwayError } from '../errors.ts';
import type { RegistryClient } from '../registry/client.ts';
import type { Repository } from '../registry/reference.ts';
import { attachedStatements } from './attached.ts';
import { judge } from './judge.ts';
import { listReasons } from './reasons.ts';
import type { Requirement } from './signer.ts';

/**
 * The image must have a bundle attached that attests what is required, about this very digest.
 *
 * @returns what attests it: predicate type and whose signature
 * @throws ATTESTATION_MISSING
 */
export async function imageMustBeAttested(
  client: RegistryClient,
  { image, repository, digest }: { image: string; repository: Repository; digest: string },
  requirement: Requirement,
  signal: AbortSignal,
): Promise<string> {
  const { statements, unread } = await attachedStatements(client, repository, digest, signal);
  const refused: string[] = [];
  let hint: string | undefined;
  for (const { predicateType, about, bytes } of statements) {
    const judged = about ? await judge(bytes, digest, requirement) : { why: 'it is about another image' };
    if ('attestedBy' in judged) return judged.attestedBy;
    refused.push(`${predicateType}: ${judged.why}`);
    if ('hint' in judged) hint = judged.hint;
  }
  const seen = listReasons([...refused, ...unread]) || 'no Sigstore bundle is attached to it';
  throw new SlipwayError(
    'ATTESTATION_MISSING',
    `${image} has no ${requirement.type} by ${requirement.signer.name}: ${seen}`,
    {
      hint: `Nothing was changed. ${hint ?? 'Attest it after the build: `sign` in build-multiarch-image, or cosign attest.'}`,
    },
  );
}
