import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import pMap from 'p-map';
import * as v from 'valibot';
import { retry } from '../deadline.ts';
import { messageOf, SlipwayError } from '../errors.ts';
import type { Descriptor, Manifest } from '../oci/descriptor.ts';
import { type Blob, encode, encodeBytes } from '../oci/graph.ts';
import { mediaTypes } from '../oci/media-types.ts';
import { parseRecord } from '../record/parse.ts';
import { openBlob, pushBlob, readBlob } from '../registry/blobs.ts';
import type { RegistryClient } from '../registry/client.ts';
import { RegistryError } from '../registry/failure.ts';
import { getManifest, headManifest, putManifest } from '../registry/manifests.ts';
import { formatRepository, type Repository } from '../registry/reference.ts';
import { listTags } from '../registry/tags.ts';
import { versionName } from './names.ts';
import type { KeptFile, Package, Packing } from './package.ts';
import type { Store } from './store.ts';

export const releaseType = 'application/vnd.slipway.release.v1+json';
const entryType = 'application/vnd.slipway.entry.v1+json';

/** Names of files as `oras pull` knows them, and what `releases` lists without reading a record. */
const keys = {
  title: 'org.opencontainers.image.title',
  version: 'org.opencontainers.image.version',
  revision: 'org.opencontainers.image.revision',
  created: 'org.opencontainers.image.created',
  /** Digests of its images, with spaces between. */
  images: 'slipway.images',
} as const;

/** Milliseconds for an artifact with all its tries. */
const within = 30 * 60_000;

const annotations = v.optional(v.record(v.string(), v.string()), {});
const Layer = v.looseObject({ mediaType: v.string(), digest: v.string(), size: v.number(), annotations });
const Kept = v.looseObject({
  artifactType: v.optional(v.string()),
  layers: v.optional(v.array(Layer), []),
  annotations,
});

const prefixes = { release: 'slipway.release.', entry: 'slipway.entry.' };
export const releaseTag = (version: string) => `${prefixes.release}${versionName(version)}`;
const entryTag = (name: string) => `${prefixes.entry}${name}`;

/**
 * A repository of a registry, beside the image. A release is one artifact: the record, then its files as they are, a layer
 * each, so that the digest of a binary's layer is the binary's sha256. An entry is an artifact of its own.
 *
 * Each has a tag of its own, instead of being attached to the release as a referrer:
 * - Nobody else writes to that tag, so two writers at the same instant cannot lose an entry. Without the referrers API the
 *   list of referrers is one index, and registries have no compare-and-swap: whoever writes it last has overwritten the
 *   other.
 * - Registries' clean-up rules take away what has no tag.
 * - A repository whose tags are immutable takes new tags, but no second write of a list.
 */
export function ociStore(client: RegistryClient, repository: Repository): Store {
  const { concurrency } = client;
  const place = `oci://${formatRepository(repository)}`;

  async function tags(prefix: string, signal: AbortSignal): Promise<string[]> {
    return (await listTags(client, repository, signal)).filter(tag => tag.startsWith(prefix));
  }

  /** Blobs before the manifest that names them, the tag with it: until then no reader sees anything. */
  async function write(
    tag: string,
    type: string,
    about: Record<string, string>,
    blobs: readonly Blob[],
    signal: AbortSignal,
  ) {
    const empty = encode(mediaTypes.empty, {});
    const all = [bytesBlob(empty), ...blobs];
    const unique = new Map(all.map(blob => [blob.descriptor.digest, blob]));
    const manifest: Manifest = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: type,
      config: empty.descriptor,
      layers: blobs.map(blob => blob.descriptor),
      annotations: about,
    };
    const node = encode(mediaTypes.manifest, manifest);
    await retry(
      async limited => {
        await pMap(unique.values(), blob => pushBlob(client, repository, blob, [], limited), { concurrency });
        await putManifest(client, repository, tag, node, limited);
      },
      { doing: `writing ${place}:${tag}`, signal, attempts: 6, within, retriable: lacksBlob },
    );
    return node.descriptor.digest;
  }

  return {
    place,
    async find(version, signal) {
      const tag = releaseTag(version);
      if ((await headManifest(client, repository, tag, signal)) === undefined) return undefined;
      return readRelease(client, repository, tag, signal);
    },
    async keep(release, signal) {
      const tag = releaseTag(release.version);
      if ((await headManifest(client, repository, tag, signal, 'push')) !== undefined) return false;
      const written = await write(tag, releaseType, aboutOf(release), blobsOf(release), signal);
      // Registries cannot refuse a tag that came to be meanwhile: of two that keep one version in the same instant the
      // later one stays, and the other is told so here.
      return (await headManifest(client, repository, tag, signal, 'push')) === written;
    },
    open: ({ sha256, size, mediaType }, _, signal) =>
      openBlob(client, repository, { mediaType, size, digest: `sha256:${sha256}` }, signal),
    async releases(signal) {
      const found = await tags(prefixes.release, signal);
      const kept = await pMap(found, tag => readManifest(client, repository, tag, signal), { concurrency, signal });
      return kept.map(({ annotations }, index) => ({
        version: annotations[keys.version] ?? found[index]!,
        commit: annotations[keys.revision],
        at: annotations[keys.created] ?? '',
      }));
    },
    async writeEntry(name, text, signal) {
      const blob = bytesBlob(encodeBytes(entryType, Buffer.from(text)));
      const titled = { ...blob, descriptor: { ...blob.descriptor, annotations: { [keys.title]: 'entry.json' } } };
      if ((await headManifest(client, repository, entryTag(name), signal, 'push')) !== undefined) return false;
      await write(entryTag(name), entryType, {}, [titled], signal);
      return true;
    },
    entryNames: async signal => (await tags(prefixes.entry, signal)).map(tag => tag.slice(prefixes.entry.length)),
    async readEntry(name, signal) {
      const { layers } = await readManifest(client, repository, entryTag(name), signal);
      return (await readBlob(client, repository, entryLayer(layers, name), signal)).toString('utf8');
    },
  };
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

/** A kept release under a tag or digest. */
async function readRelease(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<Package> {
  const found = await readIfRelease(client, repository, reference, signal);
  if (found === undefined) throw noRelease(`${formatRepository(repository)}, ${reference}`, 'its type is another');
  return found;
}

/** The same, or undefined where the tag or digest is something else, such as an image. */
export async function readIfRelease(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<Package | undefined> {
  const { artifactType, layers, annotations } = await readManifest(client, repository, reference, signal);
  const where = `${formatRepository(repository)}, ${reference}`;
  const [first, ...others] = layers;
  if (artifactType !== releaseType || first === undefined) return undefined;
  const bytes = await readBlob(client, repository, first as Descriptor, signal);
  const record = parseRecord(bytes.toString('utf8'), where);
  const files = others.map(({ digest, size, mediaType, annotations }) => ({
    name: annotations[keys.title] ?? '',
    sha256: digest.replace(/^sha256:/, ''),
    size,
    mediaType,
  }));
  return { version: record.version, commit: record.commit, at: annotations[keys.created] ?? '', record, files };
}

/** The release whose image has a digest, the last of them where there are several. */
export async function releaseOfImage(
  client: RegistryClient,
  repository: Repository,
  digest: string,
  signal: AbortSignal,
): Promise<Package | undefined> {
  const tags = (await listTags(client, repository, signal)).filter(tag => tag.startsWith(prefixes.release));
  const read = async (tag: string) => ({ tag, ...(await readManifest(client, repository, tag, signal)) });
  const all = await pMap(tags, read, { concurrency: client.concurrency, signal });
  const fitting = all.filter(one => one.annotations[keys.images]?.split(' ').includes(digest));
  const at = (one: (typeof all)[number]) => one.annotations[keys.created] ?? '';
  const last = fitting.sort((a, b) => at(b).localeCompare(at(a)))[0];
  return last && readRelease(client, repository, last.tag, signal);
}

async function readManifest(client: RegistryClient, repository: Repository, reference: string, signal: AbortSignal) {
  const { bytes } = await getManifest(client, repository, reference, signal);
  try {
    return v.parse(Kept, JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    throw noRelease(`${formatRepository(repository)}, ${reference}`, messageOf(error));
  }
}

function entryLayer([layer]: readonly v.InferOutput<typeof Layer>[], name: string): Descriptor {
  // A megabyte is four times what an entry may have; nobody else's is read into memory.
  if (layer !== undefined && layer.size <= 1024 * 1024) return layer as Descriptor;
  throw noRelease(name, 'it has no entry');
}

function noRelease(where: string, why: string): SlipwayError {
  return new SlipwayError('RECORD_INVALID', `${where} is not a release that Slipway keeps: ${why}`, {
    hint: 'Somebody wrote another thing there: name a release by its version, or give records a repository of their own.',
  });
}

function aboutOf({ version, commit, at, record }: Packing): Record<string, string> {
  return {
    [keys.version]: version,
    ...(commit === undefined ? {} : { [keys.revision]: commit }),
    [keys.created]: at,
    ...(record.images.length === 0 ? {} : { [keys.images]: record.images.map(one => one.digest).join(' ') }),
  };
}

/** The record first. Of files with the same bytes each has a layer, since each has a name. */
function blobsOf({ record, files }: Packing): Blob[] {
  const text = encodeBytes(releaseType, Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`));
  return [titled(bytesBlob(text), 'release.json'), ...files.map(file => titled(fileBlob(file), file.name))];
}

const titled = ({ descriptor, open }: Blob, name: string): Blob => ({
  descriptor: { ...descriptor, annotations: { [keys.title]: name } },
  open,
});

const bytesBlob = ({ descriptor, bytes }: { descriptor: Descriptor; bytes: Buffer }): Blob => ({
  descriptor,
  open: async () => Readable.from([bytes]),
});

const fileBlob = ({ path, sha256, size, mediaType }: KeptFile & { readonly path: string }): Blob => ({
  descriptor: { mediaType, digest: `sha256:${sha256}`, size },
  open: async () => createReadStream(path),
});
