import { fileMustBeAttested } from '../core/attestation/file.ts';
import type { Requirement } from '../core/attestation/signer.ts';
import type { Artifact } from './artifacts.ts';

/**
 * Every binary must be attested by a bundle beside it. Each comes back with what attests it.
 *
 * @throws ATTESTATION_MISSING
 */
export async function mustBeAttested(artifacts: readonly Artifact[], requirement: Requirement): Promise<Artifact[]> {
  return Promise.all(
    artifacts.map(async artifact => ({ ...artifact, attestedBy: await fileMustBeAttested(artifact, requirement) })),
  );
}
