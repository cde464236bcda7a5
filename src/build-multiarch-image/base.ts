import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { Descriptor, ImageConfig, Index, Manifest } from '../core/oci/descriptor.ts';
import { hexOf } from '../core/oci/digest.ts';
import type { Blob } from '../core/oci/graph.ts';
import { layoutSource } from '../core/oci/layout.ts';
import { isIndex, isManifest, ociLayerType } from '../core/oci/media-types.ts';
import type { ImageSource } from '../core/oci/source.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import { formatReference } from '../core/registry/reference.ts';
import { registrySource } from '../core/registry/source.ts';
import { formatPlatform, type Platform, platformOf } from '../core/target.ts';
import type { PlatformBase } from './base-name.ts';
import type { BaseImage } from './labels.ts';

/** What a platform's image stands on: layers that exist already, and the configuration that they were made with. */
export interface Ground {
  readonly layers: readonly { readonly blob: Blob; readonly diffId: string }[];
  readonly config: ImageConfig | undefined;
  /** Where it comes from; undefined for `scratch`. */
  readonly image: BaseImage | undefined;
}

export interface ResolvedBase {
  /** By platform, `os/arch[/variant]`. */
  readonly grounds: ReadonlyMap<string, Ground>;
}

const largestConfig = 8 * 1024 * 1024;

/** Resolves the base to a digest, once, and finds the part for each platform; layers are not fetched yet. */
export async function resolveBase(
  base: Exclude<PlatformBase, { kind: 'scratch' }>,
  platforms: readonly Platform[],
  client: RegistryClient,
  directory: (path: string) => string,
  signal: AbortSignal,
): Promise<ResolvedBase> {
  const [source, reference] =
    base.kind === 'layout'
      ? [await layoutSource(directory(base.folder)), base.reference]
      : [registrySource(client, base.reference.repository), base.reference.digest ?? base.reference.tag ?? 'latest'];
  const root = await source.manifest(reference, signal);
  log.info(`base: ${base.text} is ${root.descriptor.digest}`);
  const found = await candidates(source, root, base.text, signal);
  const name =
    base.kind === 'layout'
      ? undefined // a path of this machine is nobody else's business, and would change the digest
      : formatReference({
          repository: base.reference.repository,
          ...(base.reference.tag && { tag: base.reference.tag }),
        });
  const image = { name, digest: root.descriptor.digest };
  const grounds = await Promise.all(
    platforms.map(async platform => {
      const digest = choose(found, platform, base.text);
      return [formatPlatform(platform), { ...(await groundOf(source, digest, platform, signal)), image }] as const;
    }),
  );
  return { grounds: new Map(grounds) };
}

interface Candidate {
  readonly platform: Platform;
  readonly digest: string;
}

/** The platforms that the base has. A single manifest says in its configuration what it is for. */
async function candidates(
  source: ImageSource,
  { descriptor, bytes }: { descriptor: Descriptor; bytes: Buffer },
  name: string,
  signal: AbortSignal,
): Promise<Candidate[]> {
  if (isManifest(descriptor.mediaType)) {
    const config = await configOf(source, JSON.parse(bytes.toString('utf8')) as Manifest, signal);
    return [{ platform: config, digest: descriptor.digest }];
  }
  if (!isIndex(descriptor.mediaType)) throw unusable(name, `the media type ${descriptor.mediaType || 'none'}`);
  return ((JSON.parse(bytes.toString('utf8')) as Index).manifests ?? [])
    .filter(one => one.platform !== undefined && (isManifest(one.mediaType) || isIndex(one.mediaType)))
    .map(one => ({ platform: one.platform!, digest: one.digest }));
}

/** The same platform, or on arm the newest variant that the processor also runs. */
function choose(found: readonly Candidate[], wanted: Platform, name: string): string {
  const variantOf = (platform: Platform) =>
    platformOf({
      os: platform.os,
      arch: platform.architecture,
      ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    }).variant ?? '';
  const same = found.filter(
    ({ platform }) => platform.os === wanted.os && platform.architecture === wanted.architecture,
  );
  const fitting = same
    .filter(({ platform }) => variantOf(platform) <= (wanted.variant ?? ''))
    .sort((a, b) => (variantOf(a.platform) < variantOf(b.platform) ? 1 : -1));
  if (fitting[0] !== undefined) return fitting[0].digest;
  const has = found.map(one => formatPlatform(one.platform)).filter(text => !text.startsWith('unknown'));
  throw new SlipwayError('BASE_PLATFORM', `the base ${name} has no ${formatPlatform(wanted)}`, {
    hint: `It has ${has.join(', ') || 'no platforms'}: choose another base, or other platforms.`,
  });
}

async function groundOf(
  source: ImageSource,
  digest: string,
  platform: Platform,
  signal: AbortSignal,
): Promise<Omit<Ground, 'image'>> {
  const { bytes } = await source.manifest(digest, signal);
  const manifest = JSON.parse(bytes.toString('utf8')) as Manifest;
  const config = await configOf(source, manifest, signal);
  const name = `${source.name}@${digest}`;
  if (config.architecture !== platform.architecture || config.os !== platform.os) {
    throw unusable(name, `a configuration for ${config.os}/${config.architecture} under ${formatPlatform(platform)}`);
  }
  const diffIds = config.rootfs?.diff_ids ?? [];
  if (!Array.isArray(manifest.layers) || diffIds.length !== manifest.layers.length) {
    throw unusable(name, `${manifest.layers?.length ?? 0} layers but ${diffIds.length} diff_ids`);
  }
  // Digests become paths of files and URLs: nothing is asked for by one that is none.
  for (const digest of [...diffIds, ...manifest.layers.map(layer => layer.digest)]) hexOf(digest);
  const layers = manifest.layers.map((layer, index) => ({
    diffId: diffIds[index]!,
    blob: {
      descriptor: { mediaType: ociLayerType(layer.mediaType), digest: layer.digest, size: layer.size },
      open: (limited: AbortSignal) => source.blob(layer, limited),
      ...(source.repository === undefined ? {} : { origin: source.repository }),
    },
  }));
  return { layers, config };
}

async function configOf(source: ImageSource, manifest: Manifest, signal: AbortSignal): Promise<ImageConfig> {
  if (manifest.config === undefined || manifest.config.size > largestConfig)
    throw unusable(source.name, 'no usable image configuration');
  return JSON.parse((await source.read(manifest.config, signal)).toString('utf8')) as ImageConfig;
}

function unusable(name: string, what: string): SlipwayError {
  return new SlipwayError('BASE_INVALID', `the base ${name} has ${what}`, {
    hint: 'Choose a base that is an OCI or Docker image with an image configuration.',
  });
}
