import pMap from 'p-map';
import { predicateTypes } from '../../core/attestation/statement.ts';
import { artifactNode } from '../../core/oci/artifact.ts';
import type { Descriptor, Manifest } from '../../core/oci/descriptor.ts';
import type { ManifestNode } from '../../core/oci/graph.ts';
import { mediaTypes } from '../../core/oci/media-types.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import { getManifest } from '../../core/registry/manifests.ts';
import type { Repository } from '../../core/registry/reference.ts';
import { listReferrers, type Referrers } from '../../core/registry/referrers.ts';
import type { Sealer } from './seal.ts';
import type { Wanted } from './wanted.ts';

/** Some registries leave the type out, or give the configuration's, as specified before 1.1. */
const vague: readonly (string | undefined)[] = [undefined, mediaTypes.empty];

/** What one repository has of the wanted attestations. */
export interface Found {
  readonly repository: Repository;
  /** By digest of the subject. */
  readonly lists: ReadonlyMap<string, Referrers>;
  readonly has: ReadonlyMap<Wanted, ManifestNode>;
}

/** Of those that could be it; a repository with a long history has more. */
const mostRead = 50;

/**
 * Finds the attestations that are there, in one round trip: from the annotations in the list the whole artifact is made
 * again, and has the digest that the list says. A registry that leaves out annotations costs a second one.
 */
export async function look(
  client: RegistryClient,
  repository: Repository,
  wanted: readonly Wanted[],
  sealer: Sealer,
  signal: AbortSignal,
): Promise<Found> {
  const subjects = [...new Set(wanted.map(one => one.subject.digest))];
  const lists = new Map(
    await Promise.all(
      subjects.map(async digest => [digest, await listReferrers(client, repository, digest, signal, 'push')] as const),
    ),
  );
  const candidates = await pMap(
    [...lists].flatMap(([subject, { descriptors }]) =>
      descriptors
        .filter(one => one.artifactType === sealer.type || vague.includes(one.artifactType))
        .slice(-mostRead)
        .map(descriptor => ({ subject, descriptor })),
    ),
    async ({ subject, descriptor }) => ({
      subject,
      digest: descriptor.digest,
      annotations: await annotationsOf(client, repository, descriptor, signal),
    }),
    { concurrency: client.concurrency, signal },
  );
  const has = new Map<Wanted, ManifestNode>();
  for (const one of wanted) {
    const ofSubject = candidates.filter(({ subject }) => subject === one.subject.digest);
    const node = again(one, ofSubject, sealer);
    if (node !== undefined) has.set(one, node);
  }
  return { repository, lists, has };
}

/** The wanted artifact, when it is among these: made again from what a list says of it, it has the digest that stands there. */
export function again(
  wanted: Wanted,
  candidates: readonly Pick<Descriptor, 'digest' | 'annotations'>[],
  sealer: Sealer,
): ManifestNode | undefined {
  for (const { digest, annotations = {} } of candidates) {
    if (!Object.values(annotations).includes(predicateTypes[wanted.predicate])) continue;
    const sealed = sealer.again(wanted, annotations);
    const node = sealed && artifactNode({ ...sealed, subject: wanted.subject });
    if (node?.descriptor.digest === digest) return node;
  }
  return undefined;
}

async function annotationsOf(
  client: RegistryClient,
  repository: Repository,
  { annotations, digest }: Descriptor,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  if (annotations !== undefined && Object.keys(annotations).length > 0) return annotations;
  const { bytes } = await getManifest(client, repository, digest, signal, 'push');
  return (JSON.parse(bytes.toString('utf8')) as Manifest).annotations ?? {};
}
