import { addAbortSignal, pipeline, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Descriptor } from '../oci/descriptor.ts';
import { verifying } from '../oci/digest.ts';
import type { Blob } from '../oci/graph.ts';
import type { RegistryClient } from './client.ts';
import { RegistryError } from './failure.ts';
import { formatRepository, type Repository } from './reference.ts';
import { scopeOf } from './session.ts';
import type { Incoming } from './transport.ts';
import { begun, UploadLost, uploadInChunks, uploadWhole } from './upload.ts';

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

/** An upload that a registry forgets is begun anew, so often. */
const rounds = 3;

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
  const path = `${blobs}/${digest}`;
  const uploading = { session, doing, scopes, blob, path };
  let chunked = size > client.chunk;
  for (let round = 1; ; round++) {
    const within = lookWithin + (chunked ? 0 : allowance(size));
    const upload = await session.retrying(doing, within, signal, async limited => {
      const there = await session.attempt({ method: 'HEAD', url: path, scopes, accept: [200, 404] }, limited);
      await there.discard();
      if (there.status === 200) return 'skipped';
      const answer = await begin(sources, limited);
      if (answer.status === 201) {
        await answer.discard();
        return 'mounted';
      }
      const upload = await begun(answer);
      if (chunked) return upload;
      await uploadWhole(uploading, upload, limited);
      return 'uploaded';
    });
    if (typeof upload === 'string') return upload;
    try {
      await uploadInChunks(uploading, upload, client.chunk, lookWithin + allowance(client.chunk), signal);
      return 'uploaded';
    } catch (error) {
      if (!(error instanceof UploadLost) || round === rounds) throw error;
      client.onRetry(`${doing}: ${error.message}; beginning anew`);
      chunked = !error.whole;
    }
  }

  async function begin([source, ...others]: readonly Repository[], limited: AbortSignal): Promise<Incoming> {
    const post = { method: 'POST', accept: [202] } as const;
    if (source === undefined) return session.attempt({ ...post, url: `${blobs}/uploads/`, scopes }, limited);
    try {
      const url = `${blobs}/uploads/?mount=${digest}&from=${encodeURIComponent(source.path)}`;
      const both = [...scopes, scopeOf(source, 'pull')];
      return await session.attempt({ ...post, url, scopes: both, accept: [201, 202] }, limited);
    } catch (error) {
      // Some registries refuse a mount that they cannot do, instead of beginning an upload.
      if (error instanceof RegistryError && !error.passing) return begin(others, limited);
      throw error;
    }
  }
}
