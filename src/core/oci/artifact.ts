import { Readable } from 'node:stream';
import type { Descriptor, Manifest } from './descriptor.ts';
import { encode, encodeBytes, type ManifestNode } from './graph.ts';
import { mediaTypes } from './media-types.ts';

/** Something that is attached to an image: what it is, its bytes, and what it belongs to. */
export interface Artifact {
  readonly type: string;
  readonly bytes: Buffer;
  readonly subject: Descriptor;
  readonly annotations: Readonly<Record<string, string>>;
}

const empty = encode(mediaTypes.empty, {});

/**
 * The manifest of an attached artifact (image-spec 1.1, manifest.md, "Guidelines for Artifact Usage"): an empty
 * configuration, one layer, and the `subject`. Its descriptor is as it stands in a list of referrers.
 */
export function artifactNode({ type, bytes, subject, annotations }: Artifact): ManifestNode {
  const { mediaType, digest, size } = subject;
  const layer = encodeBytes(type, bytes);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: type,
    config: empty.descriptor,
    layers: [layer.descriptor],
    subject: { mediaType, digest, size },
    annotations,
  };
  const node = encode(mediaTypes.manifest, manifest);
  return {
    descriptor: { ...node.descriptor, artifactType: type, annotations },
    bytes: node.bytes,
    blobs: [empty, layer].map(one => ({ descriptor: one.descriptor, open: async () => Readable.from([one.bytes]) })),
  };
}
