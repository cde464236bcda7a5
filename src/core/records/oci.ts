import { createReadStream, createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pMap from 'p-map';
import type { Manifest } from '../oci/descriptor.ts';
import { type Blob, encode, encodeBytes } from '../oci/graph.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { openBlob, pushBlob, readBlob } from '../registry/blobs.ts';
import type { RegistryClient } from '../registry/client.ts';
import { getManifest, headManifest, putManifest } from '../registry/manifests.ts';
import { formatRepository, type Repository } from '../registry/reference.ts';
import { listTags } from '../registry/tags.ts';
import { decodeId, encodeId, type Kind, type Shelf } from './shelf.ts';

/** Media type of a document, and artifact type of its manifest; the files of a release are layers beside it. */
const types: Record<Kind, string> = {
  releases: 'application/vnd.slipway.release.v1+json',
  entries: 'application/vnd.slipway.entry.v1+json',
};
const fileType = 'application/vnd.slipway.file';

/**
 * A repository of a registry, beside the images: each document is a manifest with a tag of its own. Tags, and not the
 * list of referrers, because a registry without the referrers API keeps that list in one document, which two writers
 * overwrite; a tag of its own nobody else writes.
 */
export function ociShelf(client: RegistryClient, repository: Repository, signal: AbortSignal): Shelf {
  const { concurrency } = client;
  const prefix = (kind: Kind) => `slipway.${kind}.`;
  const tagOf = (kind: Kind, id: string) => `${prefix(kind)}${encodeId(id)}`;
  const manifestOf = async (kind: Kind, id: string) => {
    const { bytes } = await getManifest(client, repository, tagOf(kind, id), signal);
    return JSON.parse(bytes.toString('utf8')) as Manifest;
  };
  return {
    place: `oci://${formatRepository(repository)}`,
    async list(kind) {
      const tags = await listTags(client, repository, signal);
      return tags.flatMap(tag => (tag.startsWith(prefix(kind)) ? [decodeId(tag.slice(prefix(kind).length))] : []));
    },
    async read(kind, id) {
      if ((await headManifest(client, repository, tagOf(kind, id), signal)) === undefined) return undefined;
      const { layers } = await manifestOf(kind, id);
      return (await readBlob(client, repository, layers[0]!, signal)).toString('utf8');
    },
    async add(kind, id, text, files) {
      const tag = tagOf(kind, id);
      if ((await headManifest(client, repository, tag, signal, 'push')) !== undefined) return false;
      const document = encodeBytes(types[kind], Buffer.from(text));
      const empty = encode(mediaTypes.empty, {});
      const blobs: Blob[] = [
        ...[empty, document].map(one => ({ descriptor: one.descriptor, open: async () => Readable.from([one.bytes]) })),
        ...files.map(file => ({
          descriptor: { mediaType: fileType, digest: `sha256:${file.sha256}`, size: file.size },
          open: async () => createReadStream(file.path),
        })),
      ];
      const unique = new Map(blobs.map(blob => [blob.descriptor.digest, blob]));
      await pMap(unique.values(), blob => pushBlob(client, repository, blob, [], signal), { concurrency, signal });
      const manifest: Manifest = {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        artifactType: types[kind],
        config: empty.descriptor,
        layers: [document.descriptor, ...[...unique.values()].slice(2).map(blob => blob.descriptor)],
      };
      const node = encode(mediaTypes.manifest, manifest);
      await putManifest(client, repository, tag, node, signal);
      // Registries have no compare-and-swap: of two that put one version in the same instant, the later one stays.
      return (await headManifest(client, repository, tag, signal, 'push')) === node.descriptor.digest;
    },
    async fetch(_, { sha256, size }, path) {
      const part = `${path}.part`;
      const blob = await openBlob(
        client,
        repository,
        { mediaType: fileType, digest: `sha256:${sha256}`, size },
        signal,
      );
      await pipeline(blob, createWriteStream(part), { signal });
      await rename(part, path);
    },
  };
}
