import type { ImageGraph } from '../core/oci/graph.ts';
import type { Attestation, Image, ReleaseRecord } from '../core/record/schema.ts';
import { formatPlatform, formatTarget } from '../core/target.ts';
import type { ImageBinary } from './binary.ts';
import type { PlatformBinaries } from './select.ts';

/** Compressed bytes that a pull of this platform moves: configuration and layers. */
export function transferSize(manifest: ImageGraph['manifests'][number]): number {
  return manifest.blobs.reduce((sum, blob) => sum + blob.descriptor.size, 0);
}

/** The image as it stands in the record. `repositories` and `tags` are those that were really written. */
export function imageEvidence(
  graph: ImageGraph,
  platforms: readonly PlatformBinaries[],
  repositories: readonly string[],
  tags: readonly string[],
  attested: readonly Attestation[] = [],
): Image {
  const binariesOf = new Map(platforms.map(one => [formatPlatform(one.platform), one.binaries]));
  return {
    repositories: [...repositories],
    digest: graph.descriptor.digest,
    tags: [...tags],
    platforms: graph.manifests.map(manifest => {
      const platform = formatPlatform(manifest.descriptor.platform!);
      return {
        platform,
        digest: manifest.descriptor.digest,
        config: manifest.blobs[0]!.descriptor.digest,
        size: transferSize(manifest),
        ...(manifest.base === undefined ? {} : { base: manifest.base }),
        binaries: binariesOf.get(platform)!.map(binary => binary.sha256),
      };
    }),
    attestations: [...attested],
  };
}

/**
 * Adds the image. The same image gains places; an older one loses the tags that now point to this one, and an older part
 * gives way to one with a platform of its own.
 */
export function withImage(record: ReleaseRecord, image: Image, binaries: readonly ImageBinary[]): ReleaseRecord {
  const same = record.images.find(one => one.digest === image.digest);
  const unite = (a: readonly string[] = [], b: readonly string[]) => [...new Set([...a, ...b])];
  const updated: Image =
    same === undefined
      ? image
      : {
          ...same,
          part: undefined, // unless the image says so itself
          ...image,
          repositories: unite(same.repositories, image.repositories),
          tags: unite(same.tags, image.tags),
          attestations: [
            ...new Map([...same.attestations, ...image.attestations].map(one => [one.digest, one])).values(),
          ],
        };
  const replaced = (one: Image) =>
    image.part === true &&
    one.part === true &&
    one.platforms.some(a => image.platforms.some(b => a.platform === b.platform));
  const others = record.images.filter(
    one =>
      one.digest !== image.digest &&
      !replaced(one) &&
      !(
        one.tags.some(tag => image.tags.includes(tag)) &&
        one.repositories.some(repository => image.repositories.includes(repository))
      ),
  );
  return { ...record, images: [...others, updated], binaries: withBinaries(record, binaries) };
}

/** Programs that the input `binaries` named become part of the record; those that it has stay as they are. */
function withBinaries(record: ReleaseRecord, binaries: readonly ImageBinary[]): ReleaseRecord['binaries'] {
  const known = new Set(record.binaries.map(one => one.sha256));
  const added = binaries
    .filter(binary => !known.has(binary.sha256))
    .map(binary => ({
      package: binary.package,
      target: formatTarget(binary.target),
      path: binary.path,
      size: binary.size,
      sha256: binary.sha256,
    }));
  return [...record.binaries, ...added];
}
