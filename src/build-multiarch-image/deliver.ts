import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import type { ImageGraph } from '../core/oci/graph.ts';
import { type LoadedRecord, saveRecord } from '../core/record/files.ts';
import { previousRelease } from '../core/record/previous.ts';
import type { Attestation, Image, ReleaseRecord } from '../core/record/schema.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import { formatRepository, type Repository } from '../core/registry/reference.ts';
import type { Span } from '../core/summary.ts';
import { formatPlatform } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import type { Attestations } from './attest/attest.ts';
import { attestationSummary } from './attest/summary.ts';
import { transferSize } from './evidence.ts';
import type { definition } from './inputs.ts';
import { layoutsOf, mustFitOutputs, writeOutputs } from './outputs.ts';
import { publish } from './publish.ts';
import { summaryOf } from './summary.ts';
import type { TagPolicy } from './tags/policy.ts';

export type ImageContext = Context<typeof definition.inputs>;

/** An image that is ready to be pushed, wherever its parts come from. */
export interface Delivery {
  readonly client: RegistryClient;
  readonly graph: ImageGraph;
  /** The record before. */
  readonly loaded: LoadedRecord;
  /** Where to; empty when nothing is pushed. */
  readonly repositories: readonly Repository[];
  readonly tags: readonly string[];
  readonly spans: Span[];
  readonly attestations: Attestations;
  /** What is still to do when all is pushed and no tag is written. */
  readonly beforeTags?: () => Promise<void>;
  /** The image as it stands in the record, from the repositories and tags that were really written. */
  readonly evidence: (
    repositories: readonly string[],
    tags: readonly string[],
    attested: readonly Attestation[],
  ) => Image;
  /** The record with that image in it. */
  readonly record: (image: Image) => ReleaseRecord;
}

/** Pushes by digest, then writes the tags, then tells: record, outputs, summary. */
export async function deliver(context: ImageContext, delivery: Delivery): Promise<void> {
  const { inputs, signal, directory, output } = context;
  const { client, graph, loaded, repositories, tags, spans } = delivery;
  const { digest } = graph.descriptor;
  logImage(graph);
  output('digest', digest);

  const named = inputs.images.length > 0 ? inputs.images : repositories;
  mustFitOutputs(inputs.output, graph);
  const policy = policyOf(inputs, loaded.record);
  const { pushed, plans, attested } = await publish(
    client,
    graph,
    repositories,
    tags,
    policy,
    { ...delivery.attestations, layouts: layoutsOf(inputs.output, directory) },
    spans,
    signal,
    async attached => {
      await delivery.beforeTags?.();
      await writeOutputs(inputs.output, directory, graph, { repositories: named, tags, attached }, signal);
    },
  );

  const places = repositories.map(formatRepository);
  const references = plans.flatMap(plan => plan.tags.map(tag => `${formatRepository(plan.repository)}:${tag}`));
  const written = [...new Set(plans.flatMap(plan => plan.tags))];
  const image = delivery.evidence(places, written, attested);
  const updated = { ...loaded, record: delivery.record(image) };
  await saveRecord(updated);
  output('image', places.length === 0 ? '' : `${places[0]}@${digest}`);
  output('tags', references.join('\n'));
  output('metadata', JSON.stringify(metadataOf(graph.descriptor, references.length === 0 ? places : references)));
  output('release', updated.file);
  await context.summary(
    summaryOf({
      title: titleOf(loaded.record),
      graph,
      image,
      pushed,
      tags: places.length === 0 ? tags : written,
      outputs: inputs.output,
      previous: await previousRelease(inputs['previous-release'], directory),
      version: loaded.record.version,
      spans,
    }) + attestationSummary(attested, places[0] && `${places[0]}@${digest}`, process.env),
  );
}

export const titleOf = ({ name, version }: ReleaseRecord) => `${name} ${version}`;

export function policyOf(inputs: ImageContext['inputs'], { version }: ReleaseRecord): TagPolicy {
  return { version, latest: inputs.latest, immutable: inputs['immutable-tags'] };
}

export function logImage(graph: ImageGraph): void {
  for (const manifest of graph.manifests) {
    const { platform, digest } = manifest.descriptor;
    log.info(`${formatPlatform(platform!)}: ${digest}, ${formatSize(transferSize(manifest))}`);
  }
  log.info(`image: ${graph.descriptor.digest}`);
}

/** What docker/build-push-action gives, for steps that read it; pushed by digest, the names have no tags. */
function metadataOf(descriptor: object & { digest: string }, names: readonly string[]): object {
  return {
    'containerimage.descriptor': descriptor,
    'containerimage.digest': descriptor.digest,
    'image.name': names.join(','),
  };
}
