import pMap from 'p-map';
import { encodeBytes } from '../oci/graph.ts';
import { parseRecord } from '../record/parse.ts';
import { readBlob } from '../registry/blobs.ts';
import type { RegistryClient } from '../registry/client.ts';
import { formatRepository, type Repository } from '../registry/reference.ts';
import { listTags } from '../registry/tags.ts';
import { versionName } from './names.ts';
import { type Artifact, bounded, bytesBlob, fileBlob, notKept, readArtifact, titled, titleOf } from './oci-artifact.ts';
import type { Package, Packing } from './package.ts';
import type { Kept } from './records.ts';

const releaseType = 'application/vnd.slipway.release.v1+json';
/** Bytes of a record. */
const largest = 64 * 1024 * 1024;

/** What is listed without reading a record. */
const keys = {
  version: 'org.opencontainers.image.version',
  revision: 'org.opencontainers.image.revision',
  created: 'org.opencontainers.image.created',
  /** Digests of its images, with spaces between. */
  images: 'slipway.images',
} as const;

const prefix = 'slipway.release.';
export const releaseTag = (version: string) => `${prefix}${versionName(version)}`;

/** The record first. Of files with the same bytes each has a layer, since each has a name. */
export function releaseArtifact({ version, commit, at, record, files }: Packing): Artifact {
  const text = encodeBytes(releaseType, Buffer.from(`${JSON.stringify(record, undefined, 2)}\n`));
  return {
    type: releaseType,
    annotations: {
      [keys.version]: version,
      ...(commit === undefined ? {} : { [keys.revision]: commit }),
      [keys.created]: at,
      ...(record.images.length === 0 ? {} : { [keys.images]: record.images.map(one => one.digest).join(' ') }),
    },
    blobs: [titled(bytesBlob(text), 'release.json'), ...files.map(file => titled(fileBlob(file), file.name))],
  };
}

/** A kept release under a tag or digest. */
export async function readRelease(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<Package> {
  const found = await readIfRelease(client, repository, reference, signal);
  if (found === undefined) throw notKept(`${formatRepository(repository)}, ${reference}`, 'its type is another');
  return found;
}

/** The same, or undefined where the tag or digest is something else, such as an image. */
export async function readIfRelease(
  client: RegistryClient,
  repository: Repository,
  reference: string,
  signal: AbortSignal,
): Promise<Package | undefined> {
  const { artifactType, layers, annotations } = await readArtifact(client, repository, reference, signal);
  if (artifactType !== releaseType) return undefined;
  const where = `${formatRepository(repository)}, ${reference}`;
  const [first, ...others] = layers;
  const bytes = await readBlob(client, repository, bounded(first, largest, where), signal);
  const record = parseRecord(bytes.toString('utf8'), where);
  const files = others.map(layer => ({
    name: titleOf(layer),
    sha256: layer.digest.replace(/^sha256:/, ''),
    size: layer.size,
    mediaType: layer.mediaType,
  }));
  return { version: record.version, commit: record.commit, at: annotations[keys.created] ?? '', record, files };
}

/** All of them, by their manifests alone. */
export async function listReleases(client: RegistryClient, repository: Repository, signal: AbortSignal) {
  const tags = (await listTags(client, repository, signal)).filter(tag => tag.startsWith(prefix));
  const read = async (tag: string): Promise<Kept & { tag: string; images: readonly string[] }> => {
    const { annotations } = await readArtifact(client, repository, tag, signal);
    return {
      tag,
      version: annotations[keys.version] ?? tag.slice(prefix.length),
      commit: annotations[keys.revision],
      at: annotations[keys.created] ?? '',
      images: annotations[keys.images]?.split(' ') ?? [],
    };
  };
  return pMap(tags, read, { concurrency: client.concurrency, signal });
}

/** The release whose image has a digest, the last of them where there are several. */
export async function releaseOfImage(
  client: RegistryClient,
  repository: Repository,
  digest: string,
  signal: AbortSignal,
): Promise<Package | undefined> {
  const fitting = (await listReleases(client, repository, signal)).filter(one => one.images.includes(digest));
  const last = fitting.sort((a, b) => b.at.localeCompare(a.at))[0];
  return last && readRelease(client, repository, last.tag, signal);
}
