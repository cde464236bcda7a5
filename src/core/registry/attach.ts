import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import { SlipwayError } from '../errors.ts';
import type { Descriptor, Index } from '../oci/descriptor.ts';
import { encode, type ManifestNode } from '../oci/graph.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { pushBlob } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import { putManifest } from './manifests.ts';
import { formatRepository, type Repository } from './reference.ts';
import { listReferrers, readReferrersTag, referrersTag } from './referrers.ts';

/** Artifacts for one manifest of a repository. */
export interface Attachment {
  readonly subject: string;
  readonly nodes: readonly ManifestNode[];
  /** As `listReferrers` found it. */
  readonly api: boolean;
}

/** Attaches artifacts to manifests: each blob once, then the manifests, then the lists where the registry keeps none. */
export async function attach(
  client: RegistryClient,
  repository: Repository,
  attachments: readonly Attachment[],
  signal: AbortSignal,
): Promise<void> {
  const { concurrency } = client;
  const nodes = attachments.flatMap(one => one.nodes);
  const blobs = new Map(nodes.flatMap(node => node.blobs).map(blob => [blob.descriptor.digest, blob]));
  await pMap(blobs.values(), blob => pushBlob(client, repository, blob, [], signal), { concurrency, signal });
  const put = (node: ManifestNode) => putManifest(client, repository, node.descriptor.digest, node, signal);
  await pMap(nodes, put, { concurrency, signal });
  const listed = attachments.filter(one => !one.api && one.nodes.length > 0);
  await Promise.all(
    listed.map(async ({ subject, nodes }) => {
      // Of a repository that did not exist yet, some registries say that it has no list. Now it does.
      const { api } = await listReferrers(client, repository, subject, signal, 'push');
      const ours = nodes.map(node => node.descriptor);
      if (!api) await addToTag(client, repository, subject, ours, signal);
    }),
  );
}

/** Milliseconds in which a writer that has read the list has also written it. */
const settle = 1_000;
const rounds = 30;

/**
 * Adds to the list under the fallback tag. Registries have no compare-and-swap: of two that read the same list, the
 * later one overwrites the earlier. So each looks again when everybody who can have read the old list has written, and
 * adds what was lost; the random part keeps two from doing so in step for ever. Artifact type and annotations are copied
 * into the list, as the specification demands.
 */
async function addToTag(
  client: RegistryClient,
  repository: Repository,
  subject: string,
  ours: readonly Descriptor[],
  signal: AbortSignal,
): Promise<void> {
  const tag = referrersTag(subject);
  for (let round = 0; round < rounds; round++) {
    const there = await readReferrersTag(client, repository, subject, signal, 'push');
    const missing = ours.filter(one => !there.some(({ digest }) => digest === one.digest));
    if (missing.length === 0) return;
    const index: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...there, ...missing] };
    await putManifest(client, repository, tag, encode(mediaTypes.index, index), signal);
    await pause(settle * (1 + Math.random()), undefined, { signal });
  }
  throw new SlipwayError(
    'ATTESTATION_LOST',
    `${formatRepository(repository)}:${tag} was overwritten by others ${rounds} times`,
    { hint: 'Attach to one image from fewer jobs at once, or use a registry with the referrers API.' },
  );
}
