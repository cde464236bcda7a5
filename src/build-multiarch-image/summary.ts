import type { ImageGraph } from '../core/oci/graph.ts';
import type { PushedRepository } from '../core/registry/push.ts';
import { formatRepository } from '../core/registry/reference.ts';
import { type Span, table, timeline } from '../core/summary.ts';
import { formatPlatform } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import { transferSize } from './evidence.ts';
import { kindNames, type Output } from './outputs.ts';

/** What the summary tells; digests and sizes come from the graph itself. */
export interface Told {
  readonly title: string;
  readonly graph: ImageGraph;
  readonly pushed: readonly PushedRepository[];
  readonly tags: readonly string[];
  /** Files and folders that were written too. */
  readonly outputs: readonly Output[];
  readonly spans: readonly Span[];
}

/** The job summary: what the image is, what the push moved, when, and how to use and check it. */
export function summaryOf({ title, graph, pushed, tags, outputs, spans }: Told): string {
  const { digest } = graph.descriptor;
  return [
    `### Image ${title}`,
    `\`${digest}\`${outputs.map(one => `, also in the ${kindNames[one.kind]} \`${one.path}\``).join('')}`,
    table(
      ['Platform', 'Compressed', 'Layers', 'Manifest'],
      graph.manifests.map(manifest => [
        formatPlatform(manifest.descriptor.platform!),
        formatSize(transferSize(manifest)),
        String(manifest.blobs.length - 1),
        `\`${manifest.descriptor.digest}\``,
      ]),
    ),
    ...(pushed.length === 0 ? ['Nothing was pushed.'] : [moved(pushed, tags), commands(pushed[0]!, digest)]),
    ...(spans.length === 0 ? [] : [timeline('Image', spans)]),
  ].join('\n\n');
}

function moved(pushed: readonly PushedRepository[], tags: readonly string[]): string {
  return table(
    ['Repository', 'Tags', 'Pushed', 'Mounted', 'Skipped'],
    pushed.map(({ repository, blobs }) => {
      const bytes = (how: string) =>
        formatSize(blobs.filter(blob => blob.how === how).reduce((sum, blob) => sum + blob.size, 0));
      const names = tags.map(tag => `\`${tag}\``).join(' ') || 'none';
      return [formatRepository(repository), names, bytes('uploaded'), bytes('mounted'), bytes('skipped')];
    }),
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
