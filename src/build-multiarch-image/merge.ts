import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { readImage } from '../core/oci/read-image.ts';
import type { Image } from '../core/record/schema.ts';
import { registryClient } from '../core/registry/client-of-inputs.ts';
import { copyAttached } from '../core/registry/copy-attached.ts';
import { formatRepository, parseRepository, type Repository } from '../core/registry/reference.ts';
import { registrySource } from '../core/registry/source.ts';
import type { Span } from '../core/summary.ts';
import { wantedOfMerge } from './attest/existing.ts';
import { sealerOf } from './attest/sealer.ts';
import { deliver, type ImageContext } from './deliver.ts';
import { withImage } from './evidence.ts';
import { joinImages } from './join.ts';
import { type Part, partsOf } from './parts.ts';
import { tagsFor } from './tags/for-release.ts';
import { timed } from './timed.ts';

/** `mode: merge`: the parts that jobs with `mode: build` pushed, under one index; only now tags are written. */
export async function merge(context: ImageContext): Promise<void> {
  const { inputs, signal, directory, record: loaded } = context;
  if (loaded === undefined) {
    throw new SlipwayError('RECORD_MISSING', 'mode: merge needs the records of the jobs before', {
      hint: 'Set release to their paths or a glob, e.g. slipway-out/release-*.json.',
    });
  }
  const { record } = loaded;
  const sealer = await sealerOf(inputs, process.env);
  const parts = partsOf(record, inputs.platforms);
  const images = [...new Set(parts.map(part => part.image))];
  const targets = inputs.images.length > 0 ? inputs.images : placesOf(images);
  const tags = await tagsFor(inputs, record);
  const spans: Span[] = [];
  using client = await registryClient({ ...inputs, images: targets }, process.env, signal, directory);
  const graphs = await timed(spans, 'parts', () =>
    Promise.all(images.map(image => readImage(registrySource(client, sourceOf(image, targets)), image.digest, signal))),
  );
  const digests = parts.map(part => part.platform.digest);
  const graph = joinImages(graphs, digests, inputs.annotations.index);
  log.info(`joined from ${images.length} parts`);
  const whole = { ...loaded, record: { ...record, images: record.images.filter(image => image.part !== true) } };
  await deliver(context, {
    client,
    graph,
    loaded: whole,
    repositories: inputs.push ? targets : [],
    tags,
    spans,
    attestations: {
      wanted: wantedOfMerge(
        graph,
        parts.map(part => part.platform),
        record,
        inputs,
        process.env,
      ),
      sealer,
    },
    beforeTags: async () => {
      for (const target of inputs.push ? targets : [])
        for (const image of images) {
          const subjects = parts.filter(part => part.image === image).map(part => part.platform.digest);
          await copyAttached(client, sourceOf(image, targets), target, subjects, signal);
        }
    },
    evidence: (repositories, written, attested) => {
      const image = evidenceOf(parts, graph.descriptor.digest, repositories, written);
      return { ...image, attestations: [...image.attestations, ...attested] };
    },
    record: image => withImage(whole.record, image, []),
  });
}

/** Attestations of a platform still hold; those of a part's own index are about something that nobody pulls. */
function evidenceOf(
  parts: readonly Part[],
  digest: string,
  repositories: readonly string[],
  tags: readonly string[],
): Image {
  const platforms = parts.map(part => part.platform);
  const subjects = new Set(platforms.map(one => one.digest));
  const all = [...new Set(parts.map(part => part.image))].flatMap(image => image.attestations);
  const attestations = all.filter(one => subjects.has(one.subject));
  return { repositories: [...repositories], digest, tags: [...tags], platforms, attestations };
}

/** Every repository that has all the parts. */
function placesOf(images: readonly Image[]): Repository[] {
  const [first, ...others] = images;
  const common = first!.repositories.filter(name => others.every(image => image.repositories.includes(name)));
  if (common.length > 0) return common.map(parseRepository);
  throw new SlipwayError('INPUT_INVALID', 'input "images" is missing, and no repository has all parts', {
    hint: 'Give the repositories that the image belongs to, such as ghcr.io/acme/hello.',
  });
}

/** Where a part is read from: a place that it goes to, else the same registry, where it is mounted, else any. */
function sourceOf({ repositories, digest }: Image, targets: readonly Repository[]): Repository {
  const places = repositories.map(parseRepository);
  const names = new Set(targets.map(formatRepository));
  const found =
    places.find(place => names.has(formatRepository(place))) ??
    places.find(place => targets.some(target => target.host === place.host)) ??
    places[0];
  if (found !== undefined) return found;
  throw new SlipwayError('PART_NOT_PUSHED', `the part ${digest} is in no registry`, {
    hint: 'Jobs with mode: build push their part: give them "images".',
  });
}
