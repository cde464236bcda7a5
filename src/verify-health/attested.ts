import { fileMustBeAttested } from '../core/attestation/file.ts';
import { imageMustBeAttested } from '../core/attestation/image.ts';
import type { Requirement } from '../core/attestation/signer.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import { parseReference } from '../core/registry/reference.ts';
import type { Item } from './attestable.ts';
import { short } from './chain.ts';
import type { Finding } from './finding.ts';

/** Opens the client of registries when the first image is looked at. */
type Registries = () => Promise<RegistryClient>;

/** Looks at each: one that nobody whom the inputs name has attested fails the release. */
export function attestationFindings(
  items: readonly Item[],
  requirement: Requirement,
  registries: Registries,
  signal: AbortSignal,
): Promise<Finding[]> {
  return Promise.all(
    items.map(async item => {
      const started = Date.now();
      const name = 'image' in item ? item.image : `binary ${short(item.binary)}`;
      const found = await judged(item, requirement, registries, signal);
      return { kind: 'attestation' as const, name, ...found, started, ended: Date.now() };
    }),
  );
}

type Judged = Pick<Finding, 'verdict' | 'detail' | 'reason' | 'evidence'>;

async function judged(
  item: Item,
  requirement: Requirement,
  registries: Registries,
  signal: AbortSignal,
): Promise<Judged> {
  try {
    const attestedBy = await attested(item, requirement, registries, signal);
    return { verdict: 'passed', detail: attestedBy, evidence: { attestedBy } };
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'ATTESTATION_MISSING')
      return { verdict: 'failed', reason: 'attestation', detail: withAdvice(error) };
    return { verdict: 'inconclusive', reason: 'attestation-unseen', detail: messageOf(error) };
  }
}

function withAdvice({ message, hint }: SlipwayError): string {
  return hint === undefined ? message : `${message}. ${hint.replace('Nothing was changed. ', '')}`;
}

async function attested(
  item: Item,
  requirement: Requirement,
  registries: Registries,
  signal: AbortSignal,
): Promise<string> {
  if ('binary' in item) {
    const { binary: sha256, path } = item;
    if (path !== undefined) return fileMustBeAttested({ path, sha256 }, requirement);
    throw new SlipwayError('ATTESTATION_MISSING', `the record has no binary ${short(sha256)}, and nothing beside it`);
  }
  const { repository, digest } = parseReference(item.image);
  if (digest === undefined)
    throw new SlipwayError(
      'ATTESTATION_MISSING',
      `${item.image} is no image by digest, and only a digest can be attested`,
    );
  return imageMustBeAttested(await registries(), { ...item, repository, digest }, requirement, signal);
}
