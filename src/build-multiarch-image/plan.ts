import { log } from '../core/log.ts';
import type { ManifestNode } from '../core/oci/graph.ts';
import { lookAhead } from '../core/registry/look-ahead.ts';
import { headManifest } from '../core/registry/manifests.ts';
import { formatRepository } from '../core/registry/reference.ts';
import { formatPlatform } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import { type Delivery, type ImageContext, logImage, policyOf, titleOf } from './deliver.ts';
import { movedBytes, summaryOf } from './summary.ts';
import { planTags } from './tags/policy.ts';

/** `mode: plan`: what a run would push, and where. The registries are only asked, and no record or layout is written. */
export async function plan(context: ImageContext, delivery: Delivery): Promise<void> {
  const { inputs, signal, output } = context;
  const { client, graph, loaded, repositories, tags, spans } = delivery;
  const { digest } = graph.descriptor;
  logImage(graph);
  for (const manifest of graph.manifests) logLayers(manifest);
  const plans = await planTags(client, repositories, tags, digest, policyOf(inputs, loaded.record), signal);
  const pushed = await lookAhead(client, graph, repositories, signal);
  for (const { repository, blobs } of pushed) {
    const bytes = movedBytes(blobs);
    log.info(
      `${formatRepository(repository)}: would upload ${formatSize(bytes.uploaded)}, mount ${formatSize(bytes.mounted)}, has ${formatSize(bytes.skipped)}`,
    );
  }
  const references: string[] = [];
  for (const { repository, tags } of plans) {
    for (const tag of tags) {
      const before = await headManifest(client, repository, tag, signal, 'push');
      const was = before === undefined ? 'is new' : before === digest ? 'stays' : `is ${before} now`;
      log.info(`${formatRepository(repository)}:${tag} would be ${digest} (it ${was})`);
      references.push(`${formatRepository(repository)}:${tag}`);
    }
  }
  log.info('mode: plan: nothing was written');
  output('digest', digest);
  output('tags', references.join('\n'));
  const image = delivery.evidence(repositories.map(formatRepository), [], []);
  const written = repositories.length === 0 ? tags : [...new Set(plans.flatMap(one => one.tags))];
  await context.summary(
    summaryOf({
      title: titleOf(loaded.record),
      planned: true,
      graph,
      image,
      pushed,
      tags: written,
      outputs: [],
      previous: undefined,
      version: loaded.record.version,
      spans,
    }),
  );
}

function logLayers({ descriptor, blobs }: ManifestNode): void {
  const [config, ...layers] = blobs.map(blob => blob.descriptor);
  log.info(`${formatPlatform(descriptor.platform!)}: configuration ${config!.digest}`);
  for (const { digest, size } of layers) log.info(`  layer ${digest}, ${formatSize(size)}`);
}
