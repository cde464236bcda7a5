import pMap from 'p-map';
import { encodeBytes } from '../oci/graph.ts';
import { openBlob, readBlob } from '../registry/blobs.ts';
import type { RegistryClient } from '../registry/client.ts';
import { headManifest } from '../registry/manifests.ts';
import { formatRepository, type Repository } from '../registry/reference.ts';
import { listTags } from '../registry/tags.ts';
import { bounded, bytesBlob, readArtifact, titled, writeArtifact } from './oci-artifact.ts';
import { listReleases, readRelease, releaseArtifact, releaseTag } from './oci-release.ts';
import type { Store } from './store.ts';

const entryType = 'application/vnd.slipway.entry.v1+json';
/** Bytes: four times what an entry of ours has at most. */
const largestEntry = 1024 * 1024;

const prefix = 'slipway.entry.';
const entryTag = (name: string) => `${prefix}${name}`;

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
  const place = `oci://${formatRepository(repository)}`;
  const readEntry = async (name: string, signal: AbortSignal) => {
    const { layers } = await readArtifact(client, repository, entryTag(name), signal);
    const layer = bounded(layers[0], largestEntry, `${place}, ${entryTag(name)}`);
    return (await readBlob(client, repository, layer, signal)).toString('utf8');
  };
  const digestOf = (tag: string, signal: AbortSignal) => headManifest(client, repository, tag, signal, 'push');
  return {
    place,
    async find(version, signal) {
      const tag = releaseTag(version);
      if ((await headManifest(client, repository, tag, signal)) === undefined) return undefined;
      return readRelease(client, repository, tag, signal);
    },
    async keep(release, signal) {
      const tag = releaseTag(release.version);
      if ((await digestOf(tag, signal)) !== undefined) return false;
      const written = await writeArtifact(client, repository, tag, releaseArtifact(release), signal);
      // Registries cannot refuse a tag that came to be meanwhile: of two that keep one version in the same instant the
      // later one stays, and the other is told so here.
      return (await digestOf(tag, signal)) === written;
    },
    open: ({ sha256, size, mediaType }, _, signal) =>
      openBlob(client, repository, { mediaType, size, digest: `sha256:${sha256}` }, signal),
    releases: async signal =>
      (await listReleases(client, repository, signal)).map(({ version, commit, at }) => ({ version, commit, at })),
    async writeEntry(name, text, signal) {
      const tag = entryTag(name);
      if ((await digestOf(tag, signal)) !== undefined) return false;
      const blob = titled(bytesBlob(encodeBytes(entryType, Buffer.from(text))), 'entry.json');
      await writeArtifact(client, repository, tag, { type: entryType, annotations: {}, blobs: [blob] }, signal);
      return true;
    },
    async entryNames(signal) {
      const tags = await listTags(client, repository, signal);
      return tags.filter(tag => tag.startsWith(prefix)).map(tag => tag.slice(prefix.length));
    },
    readEntries: (names, signal) => pMap(names, name => readEntry(name, signal), { concurrency: 8, signal }),
  };
}
