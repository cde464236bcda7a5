import pMap from 'p-map';
import { blobsOf, type ImageGraph } from '../oci/graph.ts';
import { type Arrival, pushBlob } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import { headManifest, putManifest } from './manifests.ts';
import { formatRepository, type Repository } from './reference.ts';

/** What happened to one blob in one repository. */
export interface PushedBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly how: Arrival;
}

/** What a push did to one repository. `unchanged`: the whole image was there already. */
export interface PushedRepository {
  readonly repository: Repository;
  readonly unchanged: boolean;
  readonly blobs: readonly PushedBlob[];
}

export interface PushOptions {
  readonly signal: AbortSignal;
  readonly onBlob?: (repository: Repository, blob: PushedBlob) => void;
}

/**
 * Pushes an image by digest to several repositories, of all registries at once: every digest once to each registry, blobs before the manifests that name
 * them, manifests before the index. No tag is written: until `writeTags`, no reader sees anything of it.
 */
export async function pushImage(
  client: RegistryClient,
  graph: ImageGraph,
  repositories: readonly Repository[],
  options: PushOptions,
): Promise<PushedRepository[]> {
  const hosts = [...new Set(repositories.map(one => one.host))];
  const pushed = await atOnce(Number.POSITIVE_INFINITY, options.signal, each =>
    each(hosts, async (host, signal) => {
      const done: PushedRepository[] = [];
      // One after the other in a registry, since the later ones mount from the earlier.
      for (const repository of repositories.filter(one => one.host === host)) {
        const before = done.map(one => one.repository);
        done.push(await pushOne(client, graph, repository, before, { ...options, signal }));
      }
      return done;
    }),
  );
  return repositories.map(repository => pushed.flat().find(one => one.repository === repository)!);
}

async function pushOne(
  client: RegistryClient,
  graph: ImageGraph,
  repository: Repository,
  before: readonly Repository[],
  options: PushOptions,
): Promise<PushedRepository> {
  const skipped = (): PushedBlob[] =>
    blobsOf(graph).map(({ descriptor: { digest, size } }) => ({ digest, size, how: 'skipped' as const }));
  // A registry takes no index whose parts it does not have: when it is there, all is there.
  const there = await headManifest(client, repository, graph.descriptor.digest, options.signal, 'push');
  if (there !== undefined) return { repository, unchanged: true, blobs: skipped() };

  return atOnce(client.concurrency, options.signal, async each => {
    const blobs = await each(blobsOf(graph), async (blob, signal) => {
      const { origin } = blob;
      const own = origin !== undefined && origin.host === repository.host ? [origin] : [];
      const sources = [...own, ...before].filter(one => one.path !== repository.path);
      const how = await pushBlob(client, repository, blob, sources, signal);
      const pushed = { digest: blob.descriptor.digest, size: blob.descriptor.size, how };
      options.onBlob?.(repository, pushed);
      return pushed;
    });
    await each(graph.manifests, (manifest, signal) =>
      putManifest(client, repository, manifest.descriptor.digest, manifest, signal),
    );
    await putManifest(client, repository, graph.descriptor.digest, graph, options.signal);
    return { repository, unchanged: false, blobs };
  });
}

/** Points each repository's tags to the image; call it when all else is done. A tag that is right already is left. */
export async function writeTags(
  client: RegistryClient,
  graph: ImageGraph,
  places: readonly { readonly repository: Repository; readonly tags: readonly string[] }[],
  signal: AbortSignal,
): Promise<{ readonly tag: string; readonly repository: string; readonly before: string | undefined }[]> {
  const pairs = places.flatMap(({ repository, tags }) => tags.map(tag => ({ repository, tag })));
  return atOnce(client.concurrency, signal, each =>
    each(pairs, async ({ repository, tag }, limited) => {
      const before = await headManifest(client, repository, tag, limited, 'push');
      if (before !== graph.descriptor.digest) await putManifest(client, repository, tag, graph, limited);
      return { tag, repository: formatRepository(repository), before };
    }),
  );
}

/** Runs tasks a few at once; the first failure ends those that are still running. */
async function atOnce<T>(
  concurrency: number,
  parent: AbortSignal,
  body: (
    each: <A, B>(items: readonly A[], task: (item: A, signal: AbortSignal) => Promise<B>) => Promise<B[]>,
  ) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const signal = AbortSignal.any([parent, controller.signal]);
  try {
    return await body((items, task) => pMap(items, item => task(item, signal), { concurrency }));
  } catch (error) {
    controller.abort(error);
    throw error;
  }
}
