import pMap from 'p-map';
import type { Descriptor, Manifest } from '../oci/descriptor.ts';
import type { ManifestNode } from '../oci/graph.ts';
import { readManifest } from '../oci/read-image.ts';
import { attach } from './attach.ts';
import type { RegistryClient } from './client.ts';
import { formatRepository, type Repository } from './reference.ts';
import { listReferrers } from './referrers.ts';
import { registrySource } from './source.ts';

/**
 * Takes what is attached to some manifests (signatures, provenance, SBOMs) along to another repository, byte for byte:
 * a signature holds for the digest, wherever it is. What is there already stays.
 *
 * @param subjects digests of manifests
 * @returns how many were copied
 */
export async function copyAttached(
  client: RegistryClient,
  from: Repository,
  to: Repository,
  subjects: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  if (formatRepository(from) === formatRepository(to)) return 0;
  const source = registrySource(client, from);
  const attachments = await pMap(
    subjects,
    async subject => {
      const { descriptors } = await listReferrers(client, from, subject, signal);
      if (descriptors.length === 0) return { subject, nodes: [], api: true };
      const there = await listReferrers(client, to, subject, signal, 'push');
      const missing = descriptors.filter(one => !there.descriptors.some(({ digest }) => digest === one.digest));
      const nodes = await Promise.all(missing.map(async one => listed(await readManifest(source, one, signal))));
      return { subject, nodes, api: there.api };
    },
    { concurrency: client.concurrency, signal },
  );
  await attach(client, to, attachments, signal);
  return attachments.reduce((sum, { nodes }) => sum + nodes.length, 0);
}

/** With the descriptor that a list of referrers has: type and annotations come from the manifest itself. */
function listed(node: ManifestNode): ManifestNode {
  const { artifactType, config, annotations } = JSON.parse(node.bytes.toString('utf8')) as Manifest;
  const { mediaType, digest, size } = node.descriptor;
  const descriptor: Descriptor = {
    mediaType,
    digest,
    size,
    artifactType: artifactType ?? config.mediaType,
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...node, descriptor };
}
