import { addAbortSignal, pipeline, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Descriptor } from '../oci/descriptor.ts';
import { verifying } from '../oci/digest.ts';
import type { Blob } from '../oci/graph.ts';
import type { RegistryClient } from './client.ts';
import { resolveLocation } from './endpoint.ts';
import { RegistryError } from './failure.ts';
import { formatRepository, type Repository } from './reference.ts';
import { scopeOf } from './session.ts';
import type { Incoming } from './transport.ts';

/** How a blob came to be in the repository. */
export type Arrival = 'uploaded' | 'mounted' | 'skipped';

const lookWithin = 120_000;
const slowest = 128 * 1024; // bytes a second; slower is given up

/** Milliseconds that the transfer of so many bytes may take, all tries included. */
export function allowance(size: number): number {
  return 180_000 + (size / slowest) * 1000;
}

/**
 * Opens a blob of a registry; the stream fails at its end unless the bytes are what the descriptor says. A connection
 * that breaks in the middle breaks the stream: whoever reads it may open it again.
 */
export async function openBlob(
  client: RegistryClient,
  repository: Repository,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Readable> {
  const name = `${formatRepository(repository)}@${descriptor.digest}`;
  const answer = await client.session(repository).call(
    `downloading ${name}`,
    {
      method: 'GET',
      url: `/v2/${repository.path}/blobs/${descriptor.digest}`,
      scopes: [scopeOf(repository, 'pull')],
      accept: [200],
    },
    allowance(descriptor.size),
    signal,
  );
  const verified = verifying(descriptor, name);
  pipeline(answer.stream, verified, () => undefined); // errors come out of `verified`
  return addAbortSignal(signal, verified);
}

/** Reads a small blob whole, again when the connection breaks. */
export function readBlob(
  client: RegistryClient,
  repository: Repository,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<Buffer> {
  const doing = `reading ${formatRepository(repository)}@${descriptor.digest}`;
  return client
    .session(repository)
    .retrying(doing, lookWithin, signal, async limited =>
      buffer(await openBlob(client, repository, descriptor, limited)),
    );
}

/**
 * Makes sure that a repository has a blob: it is there, or is mounted from a repository of the same registry, or is
 * uploaded. A try that failed begins with the first question again: the upload may have arrived all the same.
 *
 * @param sources repositories of the same registry that may have it
 */
export async function pushBlob(
  client: RegistryClient,
  repository: Repository,
  blob: Blob,
  sources: readonly Repository[],
  signal: AbortSignal,
): Promise<Arrival> {
  const { digest, size } = blob.descriptor;
  const session = client.session(repository);
  const doing = `uploading ${digest} to ${formatRepository(repository)}`;
  const scopes = [scopeOf(repository, 'push')];
  const blobs = `/v2/${repository.path}/blobs`;
  return session.retrying(doing, lookWithin + allowance(size), signal, async limited => {
    const look = { method: 'HEAD', url: `${blobs}/${digest}`, scopes, accept: [200, 404] } as const;
    const there = await session.attempt(look, limited);
    await there.discard();
    if (there.status === 200) return 'skipped';
    const begun = await begin(sources);
    await begun.discard();
    if (begun.status === 201) return 'mounted';
    const url = resolveLocation(begun.headers.location ?? '', begun.url);
    url.searchParams.set('digest', digest);
    await upload(url);
    return 'uploaded';

    async function begin([source, ...others]: readonly Repository[]): Promise<Incoming> {
      const post = { method: 'POST', accept: [202] } as const;
      if (source === undefined) return session.attempt({ ...post, url: `${blobs}/uploads/`, scopes }, limited);
      try {
        const url = `${blobs}/uploads/?mount=${digest}&from=${encodeURIComponent(source.path)}`;
        const both = [...scopes, scopeOf(source, 'pull')];
        return await session.attempt({ ...post, url, scopes: both, accept: [201, 202] }, limited);
      } catch (error) {
        // Some registries refuse a mount that they cannot do, instead of beginning an upload.
        if (error instanceof RegistryError && !error.passing) return begin(others);
        throw error;
      }
    }

    async function upload(url: URL): Promise<void> {
      const headers = { 'content-type': 'application/octet-stream' };
      const body = { size, open: () => blob.open(limited) };
      const put = { method: 'PUT', url, scopes, headers, body, accept: [201, 204] } as const;
      try {
        await (await session.attempt(put, limited)).discard();
      } catch (error) {
        // A registry that was restarted no longer knows the upload: begin a new one.
        if (error instanceof RegistryError && (error.status === 404 || error.status === 416))
          throw new RegistryError(error.code, error.message, {
            status: error.status,
            hint: error.hint!,
            passing: true,
          });
        throw error;
      }
    }
  });
}
