import { SlipwayError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, digestPattern } from '../oci/digest.ts';
import { acceptedManifests, isIndex, isManifest } from '../oci/media-types.ts';
import type { RegistryClient } from './client.ts';
import { formatRepository, type Repository } from './reference.ts';
import { scopeOf } from './session.ts';
import type { Incoming } from './transport.ts';

/** Registries accept manifests of 4 MiB (distribution specification). */
const limit = 4 * 1024 * 1024;
/** Milliseconds for a small request with all its tries. */
const within = 120_000;

/** A manifest's bytes as the registry has them, and what they are. */
export interface StoredManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

type Access = 'pull' | 'push';

function call(method: 'HEAD' | 'GET' | 'PUT', repository: Repository, reference: string, access: Access) {
  const name = `${formatRepository(repository)}${digestPattern.test(reference) ? '@' : ':'}${reference}`;
  return {
    method,
    name,
    url: `/v2/${repository.path}/manifests/${reference}`,
    scopes: [scopeOf(repository, access)],
    headers: { accept: acceptedManifests },
  };
}

/**
 * The digest of a tag, or whether a digest is there.
 *
 * @param access what the token is asked for: one token serves a whole push
 * @returns undefined when there is no such manifest
 */
export async function headManifest(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  signal: AbortSignal,
  access: Access = 'pull',
): Promise<string | undefined> {
  const head = call('HEAD', repository, reference, access);
  const doing = `looking for ${head.name}`;
  const answer = await client.session(repository).call(doing, { ...head, accept: [200, 404] }, within, signal);
  await answer.discard();
  if (answer.status === 404) return undefined;
  if (digestPattern.test(reference)) return reference;
  return digestHeader(answer) ?? (await getManifest(client, repository, reference, signal)).descriptor.digest;
}

/** Reads a manifest or index by tag or digest; its bytes are checked against every digest that is known. */
export async function getManifest(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  signal: AbortSignal,
  access: Access = 'pull',
): Promise<StoredManifest> {
  const get = call('GET', repository, reference, access);
  const session = client.session(repository);
  const doing = `reading ${get.name}`;
  const { answer, bytes } = await session.retrying(doing, within, signal, async limited => {
    const answer = await session.attempt({ ...get, accept: [200] }, limited);
    return { answer, bytes: await answer.bytes(limit) };
  });
  const digest = digestOf(bytes);
  for (const expected of [digestPattern.test(reference) ? reference : undefined, digestHeader(answer)]) {
    if (expected !== undefined && expected !== digest) throw mismatch(doing, expected, digest);
  }
  const mediaType = typeOf(answer, bytes, get.name);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

/** Writes a manifest under a tag or its digest, and makes sure that the registry has stored these very bytes. */
export async function putManifest(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  manifest: StoredManifest,
  signal: AbortSignal,
): Promise<void> {
  const { descriptor, bytes } = manifest;
  const put = call('PUT', repository, reference, 'push');
  const doing = `writing ${put.name}`;
  const headers = { 'content-type': descriptor.mediaType };
  const answer = await client
    .session(repository)
    .call(doing, { ...put, headers, body: bytes, accept: [200, 201] }, within, signal);
  await answer.discard();
  const stored = digestHeader(answer) ?? (await headManifest(client, repository, reference, signal, 'push'));
  if (stored !== descriptor.digest) throw mismatch(doing, descriptor.digest, stored ?? 'nothing');
}

function digestHeader(answer: Incoming): string | undefined {
  const value = answer.headers['docker-content-digest'];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function typeOf(answer: Incoming, bytes: Buffer, name: string): string {
  const header = answer.headers['content-type']?.split(';')[0]?.trim();
  let inside: unknown;
  try {
    inside = (JSON.parse(bytes.toString('utf8')) as { mediaType?: unknown }).mediaType;
  } catch (cause) {
    throw new SlipwayError('MANIFEST_INVALID', `${name} is not JSON`, { hint: 'Push the image again.', cause });
  }
  const type = typeof inside === 'string' ? inside : header;
  if (type !== undefined && (isIndex(type) || isManifest(type))) return type;
  throw new SlipwayError('MANIFEST_INVALID', `${name} has the media type ${JSON.stringify(type ?? null)}`, {
    hint: 'Only images are used here: OCI or Docker schema 2 manifests and indexes.',
  });
}

function mismatch(doing: string, expected: string, seen: string): SlipwayError {
  return new SlipwayError('DIGEST_MISMATCH', `${doing}: the registry says ${seen}, not ${expected}`, {
    hint: 'A proxy or cache in between changes content, or somebody else writes the same tag; nothing further was done.',
  });
}
