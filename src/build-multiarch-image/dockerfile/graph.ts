import { SlipwayError } from '../../core/errors.ts';
import type { Descriptor, Index, Manifest } from '../../core/oci/descriptor.ts';
import { encode, type ImageGraph, type ManifestNode } from '../../core/oci/graph.ts';
import type { PlatformImage } from '../../core/oci/images.ts';
import { mediaTypes, ociLayerType } from '../../core/oci/media-types.ts';
import { formatPlatform } from '../../core/target.ts';
import type { Annotations } from '../annotations.ts';

/**
 * The image that an engine built as ours: always an index, with our annotations, in the order of the platforms' names
 * and without anything that the engine put beside them. So both engines' images look as the native one's.
 */
export function graphOf(images: readonly PlatformImage[], annotations: Annotations): ImageGraph {
  const nameOf = ({ platform }: PlatformImage) => formatPlatform(platform);
  const manifests = images
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .map(image => nodeOf(image, annotations.manifest));
  const index: Index = {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: manifests.map((node): Descriptor => node.descriptor),
    annotations: annotations.index,
  };
  return { ...encode(mediaTypes.index, index), manifests };
}

function nodeOf({ platform, manifest, blobs }: PlatformImage, annotations: Annotations['manifest']): ManifestNode {
  const [config, ...layers] = blobs.map(({ descriptor: { mediaType, digest, size }, open }, index) => ({
    descriptor: { mediaType: index === 0 ? mediaTypes.config : ociLayerType(mediaType), digest, size },
    open,
  }));
  const document: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: config!.descriptor,
    layers: layers.map(layer => layer.descriptor),
    annotations: { ...manifest.annotations, ...annotations },
  };
  const { descriptor, bytes } = encode(mediaTypes.manifest, document);
  return { descriptor: { ...descriptor, platform }, bytes, blobs: [config!, ...layers] };
}

/** Throws unless the engine built what it was asked for. */
export function mustHave(images: readonly PlatformImage[], wanted: readonly string[], engine: string): void {
  const built = images.map(({ platform }) => formatPlatform(platform)).sort();
  if (built.join() === wanted.toSorted().join()) return;
  throw new SlipwayError(
    'PLATFORM_MISSING',
    `${engine} built ${built.join(', ') || 'nothing'} instead of ${wanted.join(', ')}`,
    {
      hint: 'Look at --platform in the Dockerfile: the last stage must be for the target platform.',
    },
  );
}
