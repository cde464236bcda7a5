import { encode, type ImageGraph, type ManifestNode } from '../../core/oci/graph.ts';
import { mediaTypes } from '../../core/oci/media-types.ts';

/** One platform as an image of its own; its manifest keeps its bytes. */
export function alone(node: ManifestNode): ImageGraph {
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [node.descriptor] };
  return { ...encode(mediaTypes.index, index), manifests: [node] };
}
