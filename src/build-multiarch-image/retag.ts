import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { ImageGraph } from '../core/oci/graph.ts';
import { readImage } from '../core/oci/read-image.ts';
import type { Image, ReleaseRecord } from '../core/record/schema.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import { registryClient } from '../core/registry/client-of-inputs.ts';
import { copyAttached } from '../core/registry/copy-attached.ts';
import { headManifest } from '../core/registry/manifests.ts';
import { formatReference, formatRepository, parseRepository, type Reference } from '../core/registry/reference.ts';
import { registrySource } from '../core/registry/source.ts';
import type { Span } from '../core/summary.ts';
import { wantedOfPromotion } from './attest/existing.ts';
import { sealerOf } from './attest/sealer.ts';
import { deliver, type ImageContext } from './deliver.ts';
import { withImage } from './evidence.ts';
import { tagsFor } from './tags/for-release.ts';

/**
 * `mode: retag`: gives an image of the record, by its digest, other tags and places. Blobs are mounted within a registry
 * and streamed to another one; nothing is kept on the disk.
 */
export async function retag(context: ImageContext): Promise<void> {
  const { inputs, signal, directory, record: loaded } = context;
  if (!inputs.push) {
    throw new SlipwayError('INPUT_INVALID', 'input "push" is false, but mode: retag does nothing else', {
      hint: 'Leave "push" out.',
    });
  }
  if (loaded === undefined) {
    throw new SlipwayError('RECORD_MISSING', 'mode: retag needs the record that names the image', {
      hint: 'Set release to the release.json of the run that built it.',
    });
  }
  const { record } = loaded;
  const sealer = await sealerOf(inputs, process.env);
  const images = record.images.filter(image => image.part !== true);
  const known = inputs.images.length > 0 ? inputs.images : placesOf(images, inputs.source);
  const tags = await tagsFor(inputs, record);
  const spans: Span[] = [];
  using client = await registryClient({ ...inputs, images: known }, process.env, signal, directory);
  const image = await chosen(client, record, images, inputs.source, signal);
  const from = inputs.source?.repository ?? parseRepository(image.repositories[0]!);
  log.info(`from ${formatRepository(from)}@${image.digest}`);
  const graph = await readImage(registrySource(client, from), image.digest, signal);
  mustBeRecorded(image, graph);
  await deliver(context, {
    client,
    graph,
    loaded,
    repositories: known,
    tags,
    spans,
    attestations: { wanted: wantedOfPromotion(graph, inputs), sealer },
    beforeTags: async () => {
      const subjects = [graph.descriptor, ...graph.manifests.map(one => one.descriptor)].map(one => one.digest);
      for (const target of known) {
        const copied = await copyAttached(client, from, target, subjects, signal);
        if (copied > 0) log.info(`${formatRepository(target)}: ${copied} attestations came along`);
      }
    },
    evidence: (repositories, written, attested) => ({
      ...image,
      repositories: [...repositories],
      tags: [...written],
      attestations: [...attested],
    }),
    record: promoted => withImage(record, promoted, []),
  });
}

/** Without `images` the image stays where it is. */
function placesOf(images: readonly Image[], source: Reference | undefined) {
  if (source !== undefined) return [source.repository];
  return images.length === 1 ? images[0]!.repositories.map(parseRepository) : [];
}

/**
 * The image to promote. A tag is resolved now, and must still be what the record says: whatever else it points to was
 * not built, and not tested, by this release.
 */
async function chosen(
  client: RegistryClient,
  record: ReleaseRecord,
  images: readonly Image[],
  source: Reference | undefined,
  signal: AbortSignal,
): Promise<Image> {
  const has = images.map(image => image.digest).join(', ') || 'no image';
  const hint = `The record of ${record.name} ${record.version} names ${has}.`;
  const digest = source && (source.digest ?? (await tagged(client, source, signal)));
  if (digest === undefined) {
    const place = source && formatRepository(source.repository);
    const fitting = images.filter(({ repositories }) => place === undefined || repositories.includes(place));
    if (fitting.length === 1 && fitting[0]!.repositories.length > 0) return fitting[0]!;
    const seen = fitting.length === 1 ? 'an image that was never pushed' : `${fitting.length} images`;
    throw new SlipwayError('IMAGE_AMBIGUOUS', `the record has ${seen}${place === undefined ? '' : ` in ${place}`}`, {
      hint: `${hint} Set source to REPOSITORY@DIGEST.`,
    });
  }
  const image = images.find(one => one.digest === digest);
  if (image !== undefined) return image;
  throw new SlipwayError('IMAGE_NOT_RECORDED', `${formatReference(source!)} is ${digest}: not of this record`, {
    hint,
  });
}

async function tagged(client: RegistryClient, source: Reference, signal: AbortSignal): Promise<string | undefined> {
  if (source.tag === undefined) return undefined;
  const digest = await headManifest(client, source.repository, source.tag, signal);
  if (digest !== undefined) return digest;
  throw new SlipwayError('IMAGE_MISSING', `there is no ${formatReference(source)}`, {
    hint: 'Push it first, or correct "source".',
  });
}

function mustBeRecorded(image: Image, graph: ImageGraph): void {
  const there = new Set(graph.manifests.map(node => node.descriptor.digest));
  const missing = image.platforms.find(one => !there.has(one.digest));
  if (missing === undefined && there.size === image.platforms.length) return;
  throw new SlipwayError('RECORD_CONFLICT', `the index ${image.digest} has other platforms than the record names`, {
    hint: 'Give the record as the build wrote it.',
  });
}
