import { SlipwayError } from '../errors.ts';
import { formatPlatform, type Platform, platformOf } from '../target.ts';
import type { Descriptor, ImageConfig, Index, Manifest } from './descriptor.ts';
import type { Blob } from './graph.ts';
import { isIndex, isManifest } from './media-types.ts';
import type { ImageSource } from './source.ts';

/** One platform of an image that exists: its manifest, and where its blobs are read. */
export interface PlatformImage {
  readonly platform: Platform;
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly manifest: Manifest;
  readonly config: ImageConfig;
  /** Configuration first, then the layers. */
  readonly blobs: readonly Blob[];
}

const deepest = 3;

/** The platforms of an image, in the index's order. What is no platform, such as BuildKit's attestations, is left out. */
export async function platformImages(
  source: ImageSource,
  reference: string,
  signal: AbortSignal,
): Promise<PlatformImage[]> {
  return below(source, reference, undefined, deepest, signal);
}

async function below(
  source: ImageSource,
  reference: string,
  said: Platform | undefined,
  depth: number,
  signal: AbortSignal,
): Promise<PlatformImage[]> {
  const { descriptor, bytes } = await source.manifest(reference, signal);
  if (isManifest(descriptor.mediaType)) return [await platformImage(source, descriptor, bytes, said, signal)];
  if (!isIndex(descriptor.mediaType) || depth === 0) {
    throw new SlipwayError(
      'MANIFEST_INVALID',
      `${source.name}@${descriptor.digest} is no image: it has the media type "${descriptor.mediaType}"`,
      {
        hint: 'An image is an OCI or Docker manifest, or an index of such.',
      },
    );
  }
  const { manifests = [] } = JSON.parse(bytes.toString('utf8')) as Index;
  const real = manifests.filter(one => one.platform?.os !== 'unknown');
  const found = await Promise.all(real.map(one => below(source, one.digest, one.platform, depth - 1, signal)));
  return found.flat();
}

async function platformImage(
  source: ImageSource,
  descriptor: Descriptor,
  bytes: Buffer,
  said: Platform | undefined,
  signal: AbortSignal,
): Promise<PlatformImage> {
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  const config = JSON.parse((await source.read(manifest.config, signal)).toString('utf8')) as ImageConfig;
  const { os, architecture, variant } = said ?? config;
  const platform = platformOf({
    os,
    arch: architecture,
    ...(variant === undefined || variant === '' ? {} : { variant }),
  });
  if (config.os !== os || config.architecture !== architecture) {
    throw new SlipwayError(
      'MANIFEST_INVALID',
      `${source.name}@${descriptor.digest} is listed for ${formatPlatform(platform)}, but its configuration says ${config.os}/${config.architecture}`,
      {
        hint: 'The image was put together wrongly: build it again.',
      },
    );
  }
  const blobs = [manifest.config, ...manifest.layers].map(
    (one): Blob => ({
      descriptor: one,
      open: limited => source.blob(one, limited),
      ...(source.repository === undefined ? {} : { origin: source.repository }),
    }),
  );
  return { platform, descriptor, bytes, manifest, config, blobs };
}
