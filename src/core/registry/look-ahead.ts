import pMap from 'p-map';
import { blobsOf, type ImageGraph } from '../oci/graph.ts';
import type { RegistryClient } from './client.ts';
import { headManifest } from './manifests.ts';
import type { PushedBlob, PushedRepository } from './push.ts';
import type { Repository } from './reference.ts';
import { scopeOf } from './session.ts';

const within = 120_000;

/** What `pushImage` would do; it only asks, and with the rights that the push needs, so that a lack of them shows now. */
export async function lookAhead(
  client: RegistryClient,
  graph: ImageGraph,
  repositories: readonly Repository[],
  signal: AbortSignal,
): Promise<PushedRepository[]> {
  return pMap(repositories, async (repository, index) => {
    const unchanged = (await headManifest(client, repository, graph.descriptor.digest, signal, 'push')) !== undefined;
    const sameRegistry = repositories.slice(0, index).some(one => one.host === repository.host);
    const blobs = await pMap(
      blobsOf(graph),
      async ({ descriptor: { digest, size }, origin }): Promise<PushedBlob> => {
        if (unchanged || (await hasBlob(client, repository, digest, signal))) return { digest, size, how: 'skipped' };
        return { digest, size, how: sameRegistry || origin?.host === repository.host ? 'mounted' : 'uploaded' };
      },
      { concurrency: client.concurrency, signal },
    );
    return { repository, unchanged, blobs };
  });
}

async function hasBlob(
  client: RegistryClient,
  repository: Repository,
  digest: string,
  signal: AbortSignal,
): Promise<boolean> {
  const look = {
    method: 'HEAD',
    url: `/v2/${repository.path}/blobs/${digest}`,
    scopes: [scopeOf(repository, 'push')],
    accept: [200, 404],
  } as const;
  const answer = await client.session(repository).call(`looking for ${digest}`, look, within, signal);
  await answer.discard();
  return answer.status === 200;
}
