import { type Member, writeArchive } from './archive.ts';
import { hexOf } from './digest.ts';
import { blobsOf, type ImageGraph } from './graph.ts';
import { indexEntries, layoutVersion } from './layout.ts';
import { mediaTypes } from './media-types.ts';

/** Writes an OCI layout of this image alone as one tar (`oci-archive:` of skopeo and podman). */
export async function writeOciArchive(
  path: string,
  graph: ImageGraph,
  tags: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const named = (digest: string) => `blobs/sha256/${hexOf(digest)}`;
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: indexEntries(graph, tags) };
  const blobs: Member[] = [
    ...[...graph.manifests, graph].map(node => ({ name: named(node.descriptor.digest), content: node.bytes })),
    ...blobsOf(graph).map(blob => ({ name: named(blob.descriptor.digest), content: blob })),
  ];
  const members: Member[] = [
    { name: 'oci-layout', content: Buffer.from(JSON.stringify({ imageLayoutVersion: layoutVersion })) },
    { name: 'index.json', content: Buffer.from(JSON.stringify(index)) },
    ...blobs.sort((a, b) => (a.name < b.name ? -1 : 1)),
  ];
  await writeArchive(path, members, signal);
}
