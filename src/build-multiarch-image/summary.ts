import type { Index } from '../core/oci/descriptor.ts';
import type { ImageGraph } from '../core/oci/graph.ts';
import type { Image, ReleaseRecord } from '../core/record/schema.ts';
import type { PushedBlob, PushedRepository } from '../core/registry/push.ts';
import { formatRepository } from '../core/registry/reference.ts';
import { type Span, table, timeline } from '../core/summary.ts';
import { formatPlatform } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import { transferSize } from './evidence.ts';
import { kindNames, type Output } from './outputs.ts';
import { sizesAgainst } from './sizes.ts';

/** What the summary tells; digests and sizes come from the graph itself. */
export interface Told {
  readonly title: string;
  /** Nothing was written; `pushed` and `tags` are what would be. */
  readonly planned?: boolean;
  readonly graph: ImageGraph;
  /** The image as the record has it. */
  readonly image: Image;
  readonly pushed: readonly PushedRepository[];
  readonly tags: readonly string[];
  /** Files and folders that were written too. */
  readonly outputs: readonly Output[];
  /** The record of the release before. */
  readonly previous: ReleaseRecord | undefined;
  readonly version: string;
  readonly spans: readonly Span[];
}

/** The job summary: what the image is, what the push moved, how it grew, when, and how to use and check it. */
export function summaryOf(told: Told): string {
  const { title, planned = false, graph, image, pushed, tags, outputs, previous, version, spans } = told;
  const { digest } = graph.descriptor;
  const sizes = previous && sizesAgainst(previous, image, version);
  return [
    `### ${planned ? 'Plan of the image' : image.part ? 'Part of the image' : 'Image'} ${title}`,
    `\`${digest}\`${baseOf(graph)}${outputs.map(one => `, also in the ${kindNames[one.kind]} \`${one.path}\``).join('')}`,
    ...(planned ? ['Nothing was written: this is what a run would do.'] : []),
    ...(image.part ? ['Pushed by digest; `mode: merge` joins the parts and writes the tags.'] : []),
    platforms(graph, image, pushed),
    ...(pushed.length === 0 ? ['Nothing was pushed.'] : [moved(pushed, tags)]),
    ...(pushed.length === 0 || planned ? [] : [commands(pushed[0]!, digest)]),
    ...(sizes === undefined ? [] : [sizes]),
    ...(spans.length === 0 ? [] : [timeline('Image', spans)]),
  ].join('\n\n');
}

/** The base that the index names, with its digest. */
function baseOf(graph: ImageGraph): string {
  const { annotations = {} } = JSON.parse(graph.bytes.toString('utf8')) as Index;
  const digest = annotations['org.opencontainers.image.base.digest'];
  if (digest === undefined) return '';
  const name = annotations['org.opencontainers.image.base.name'];
  return ` on the base ${name === undefined ? '' : `${name} `}\`${digest}\``;
}

/** A blob of several platforms counts for the first one, so that the columns add up to what the repository got. */
function platforms(graph: ImageGraph, image: Image, pushed: readonly PushedRepository[]): string {
  const left = new Map((pushed[0]?.blobs ?? []).map(blob => [blob.digest, blob]));
  const rows = graph.manifests.map(manifest => {
    const name = formatPlatform(manifest.descriptor.platform!);
    const { base } = image.platforms.find(one => one.platform === name) ?? {};
    const size = transferSize(manifest);
    const own = manifest.blobs.map(blob => left.get(blob.descriptor.digest)).filter(blob => blob !== undefined);
    for (const { digest } of own) left.delete(digest);
    return [
      name,
      formatSize(size),
      base === undefined ? '' : `${formatSize(base)} + ${formatSize(size - base)}`,
      String(manifest.blobs.length - 1),
      ...(pushed.length === 0 ? [] : cells(own)),
      `\`${manifest.descriptor.digest}\``,
    ];
  });
  const bytes = pushed.length === 0 ? [] : ['Pushed', 'Mounted', 'Skipped'];
  return table(['Platform', 'Compressed', 'Base + own', 'Layers', ...bytes, 'Manifest'], rows);
}

/** Bytes by what happened to them. */
export function movedBytes(blobs: readonly PushedBlob[]): Record<PushedBlob['how'], number> {
  const of = (how: string) => blobs.filter(blob => blob.how === how).reduce((sum, blob) => sum + blob.size, 0);
  return { uploaded: of('uploaded'), mounted: of('mounted'), skipped: of('skipped') };
}

function cells(blobs: readonly PushedBlob[]): string[] {
  const { uploaded, mounted, skipped } = movedBytes(blobs);
  return [uploaded, mounted, skipped].map(formatSize);
}

function moved(pushed: readonly PushedRepository[], tags: readonly string[]): string {
  const names = tags.map(tag => `\`${tag}\``).join(' ') || 'none';
  return table(
    ['Repository', 'Tags', 'Pushed', 'Mounted', 'Skipped'],
    pushed.map(({ repository, blobs }) => [formatRepository(repository), names, ...cells(blobs)]),
  );
}

function commands({ repository }: PushedRepository, digest: string): string {
  const image = `${formatRepository(repository)}@${digest}`;
  return [
    '```sh',
    `docker pull ${image}`,
    `docker run --rm ${image}`,
    '# the digest is the sha256 of these bytes:',
    `skopeo inspect --raw docker://${image} | sha256sum`,
    '```',
  ].join('\n');
}
