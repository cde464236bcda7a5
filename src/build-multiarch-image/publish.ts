import { log } from '../core/log.ts';
import type { ImageGraph } from '../core/oci/graph.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import { type PushedRepository, pushImage, writeTags } from '../core/registry/push.ts';
import { formatRepository, type Repository } from '../core/registry/reference.ts';
import type { Span } from '../core/summary.ts';
import { formatSize } from '../core/units.ts';
import { type Attestations, type Attested, beginAttesting } from './attest/attest.ts';
import { planTags, type TagPlan, type TagPolicy } from './tags/policy.ts';
import { timed } from './timed.ts';

export interface Published {
  readonly pushed: readonly PushedRepository[];
  /** The tags that each repository has now. */
  readonly plans: readonly TagPlan[];
  readonly attested: Attested['evidence'];
}

/**
 * Pushes everything by digest to every repository, attaches what is attested, and only then, after `beforeTags`, writes
 * the tags that the policy lets it write.
 */
export async function publish(
  client: RegistryClient,
  graph: ImageGraph,
  repositories: readonly Repository[],
  tags: readonly string[],
  policy: TagPolicy,
  attestations: Attestations,
  spans: Span[],
  signal: AbortSignal,
  beforeTags: (attached: Attested['nodes']) => Promise<void>,
): Promise<Published> {
  const attesting = beginAttesting(client, attestations, repositories, signal);
  const plans = await planTags(client, repositories, tags, graph.descriptor.digest, policy, signal);
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
  const attested = await timed(spans, 'attest', () => attesting.finish());
  await beforeTags(attested.nodes);
  const written = await timed(spans, 'tags', () => writeTags(client, graph, plans, signal));
  for (const { repository, tag, before } of written) {
    const was = before === undefined ? 'new' : before === graph.descriptor.digest ? 'unchanged' : `was ${before}`;
    log.info(`${repository}:${tag} is ${graph.descriptor.digest} (${was})`);
  }
  return { pushed, plans, attested: attested.evidence };
}
