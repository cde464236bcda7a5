import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import pMap from 'p-map';
import * as v from 'valibot';
import { retry } from '../deadline.ts';
import { messageOf, SlipwayError } from '../errors.ts';
import type { Descriptor, Manifest } from '../oci/descriptor.ts';
import { type Blob, encode } from '../oci/graph.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { pushBlob } from '../registry/blobs.ts';
import type { RegistryClient } from '../registry/client.ts';
import { RegistryError } from '../registry/failure.ts';
import { getManifest, putManifest } from '../registry/manifests.ts';
import { formatRepository, type Repository } from '../registry/reference.ts';
import type { KeptFile } from './package.ts';

/** What is written under a tag. */
export interface Artifact {
  readonly type: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly blobs: readonly Blob[];
}

/** `oras pull` writes files under this name. */
const title = 'org.opencontainers.image.title';
/** Milliseconds for an artifact with all its tries. */
const within = 30 * 60_000;

const annotations = v.optional(v.record(v.string(), v.string()), {});
const Layer = v.looseObject({ mediaType: v.string(), digest: v.string(), size: v.number(), annotations });
const Read = v.looseObject({
  artifactType: v.optional(v.string()),
  layers: v.optional(v.array(Layer), []),
  annotations,
});
type Layer = v.InferOutput<typeof Layer>;

/**
 * Writes an artifact: blobs before the manifest that names them, the tag with it. Until then no reader sees anything.
 *
 * @returns the digest of its manifest
 */
export async function writeArtifact(
  client: RegistryClient,
  repository: Repository,
  tag: string,
  { type, annotations, blobs }: Artifact,
  signal: AbortSignal,
): Promise<string> {
  const empty = encode(mediaTypes.empty, {});
  const unique = new Map([bytesBlob(empty), ...blobs].map(blob => [blob.descriptor.digest, blob]));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: type,
    config: empty.descriptor,
    layers: blobs.map(blob => blob.descriptor),
    annotations,
  };
  const node = encode(mediaTypes.manifest, manifest);
  const { concurrency } = client;
  await retry(
    async limited => {
      await pMap(unique.values(), blob => pushBlob(client, repository, blob, [], limited), { concurrency });
      await putManifest(client, repository, tag, node, limited);
    },
    { doing: `writing ${formatRepository(repository)}:${tag}`, signal, attempts: 6, within, retriable: lacksBlob },
  );
  return node.descriptor.digest;
}

/**
 * Of a blob that several writers upload at once (the empty configuration is in every artifact), distribution 2.8 says for
 * a moment that it has none, since it writes the link to it anew; a registry's garbage collection may take a blob that no
 * manifest names yet. Then all is offered again.
 */
function lacksBlob(error: unknown): boolean {
  const refusal = [error, (error as Error).cause].find(one => one instanceof RegistryError);
  return refusal?.reasons.some(one => /^(MANIFEST_)?BLOB_UNKNOWN$/.test(one)) ?? false;
}

/** The manifest under a tag or digest; of any other thing what it has in common with ours. */
export async function readArtifact(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  signal: AbortSignal,
) {
  const { bytes } = await getManifest(client, repository, reference, signal);
  try {
    return v.parse(Read, JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw notKept(`${formatRepository(repository)}, ${reference}`, messageOf(error));
  }
}

/** The file name that a layer has. */
export const titleOf = (layer: Layer) => layer.annotations[title] ?? '';

/** A layer that is to be read into memory: not larger than we write one. */
export function bounded(layer: Layer | undefined, largest: number, where: string): Descriptor {
  if (layer !== undefined && layer.size <= largest) return layer as Descriptor;
  throw notKept(where, layer === undefined ? 'it is empty' : `${layer.size} bytes are too many`);
}

export function notKept(where: string, why: string): SlipwayError {
  return new SlipwayError('RECORD_INVALID', `${where} is nothing that Slipway keeps: ${why}`, {
    hint: 'Somebody wrote another thing there: name a release by its version, or give records a repository of their own.',
  });
}

export const titled = ({ descriptor, open }: Blob, name: string): Blob => ({
  descriptor: { ...descriptor, annotations: { [title]: name } },
  open,
});

export const bytesBlob = ({ descriptor, bytes }: { descriptor: Descriptor; bytes: Buffer }): Blob => ({
  descriptor,
  open: async () => Readable.from([bytes]),
});

export const fileBlob = ({ path, sha256, size, mediaType }: KeptFile & { readonly path: string }): Blob => ({
  descriptor: { mediaType, digest: `sha256:${sha256}`, size },
  open: async () => createReadStream(path),
});
