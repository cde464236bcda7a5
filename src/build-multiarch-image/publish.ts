import { log } from '../core/log.ts';
import type { ImageGraph } from '../core/oci/graph.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import { type PushedRepository, pushImage, writeTags } from '../core/registry/push.ts';
import { formatRepository, type Repository } from '../core/registry/reference.ts';
import type { Span } from '../core/summary.ts';
import { formatSize } from '../core/units.ts';
import { timed } from './timed.ts';

/** Pushes everything by digest to every repository, and only then writes the tags. */
export async function publish(
  client: RegistryClient,
  graph: ImageGraph,
  repositories: readonly Repository[],
  tags: readonly string[],
  spans: Span[],
  signal: AbortSignal,
): Promise<PushedRepository[]> {
  const pushed = await timed(spans, 'push', () =>
    pushImage(client, graph, repositories, {
      signal,
      onBlob: (repository, { digest, size, how }) =>
        log.info(`${formatRepository(repository)}: ${how} ${digest.slice(0, 19)} (${formatSize(size)})`),
    }),
  );
  for (const one of pushed.filter(({ unchanged }) => unchanged)) {
    log.info(`${formatRepository(one.repository)}: has ${graph.descriptor.digest} already`);
  }
  const written = await timed(spans, 'tags', () => writeTags(client, graph, repositories, tags, signal));
  for (const { repository, tag, before } of written) {
    const was = before === undefined ? 'new' : before === graph.descriptor.digest ? 'unchanged' : `was ${before}`;
    log.info(`${repository}:${tag} is ${graph.descriptor.digest} (${was})`);
  }
  return pushed;
}
