import { SlipwayError } from '../errors.ts';
import type { Descriptor, Index, Manifest } from './descriptor.ts';
import type { Blob, ImageGraph, ManifestNode } from './graph.ts';
import { isIndex, isManifest } from './media-types.ts';
import type { ImageSource } from './source.ts';

/**
 * Reads an image that is there already, for a push to another place: its index and manifests at once, every one checked
 * against its digest. Blobs are named only: a registry that has one mounts it, another gets it streamed, nothing is kept.
 *
 * @param digest of an index
 */
export async function readImage(source: ImageSource, digest: string, signal: AbortSignal): Promise<ImageGraph> {
  const { descriptor, bytes } = await source.manifest(digest, signal);
  if (!isIndex(descriptor.mediaType)) throw unusable(source, descriptor);
  const { manifests } = JSON.parse(bytes.toString('utf8')) as Index;
  return { descriptor, bytes, manifests: await Promise.all(manifests.map(one => readManifest(source, one, signal))) };
}

/** One manifest of it, or one that is attached to it. */
export async function readManifest(
  source: ImageSource,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<ManifestNode> {
  const { bytes, descriptor: found } = await source.manifest(descriptor.digest, signal);
  if (!isManifest(found.mediaType)) throw unusable(source, found);
  const { config, layers } = JSON.parse(bytes.toString('utf8')) as Manifest;
  return { descriptor, bytes, blobs: [config, ...layers].map(one => blobOf(source, one)) };
}

function blobOf(source: ImageSource, descriptor: Descriptor): Blob {
  return {
    descriptor,
    open: signal => source.blob(descriptor, signal),
    ...(source.repository === undefined ? {} : { origin: source.repository }),
  };
}

function unusable(source: ImageSource, { digest, mediaType }: Descriptor): SlipwayError {
  return new SlipwayError('IMAGE_UNUSABLE', `${source.name}@${digest} has the media type ${mediaType}`, {
    hint: 'An index of platform manifests is wanted, as this action pushes it.',
  });
}
