import { deadline } from '../deadline.ts';
import type { LoadedRecord } from '../record/files.ts';
import type { RegistryClient } from '../registry/client.ts';
import { registryClient } from '../registry/client-of-inputs.ts';
import { headManifest } from '../registry/manifests.ts';
import { parseReference, type Reference } from '../registry/reference.ts';
import { getRelease } from './kept-records.ts';
import { ociStore } from './oci.ts';
import { readIfRelease, releaseOfImage, releaseTag } from './oci-release.ts';
import { noInputs } from './open-oci.ts';
import type { Package } from './package.ts';
import type { Store } from './store.ts';
import { unpack } from './unpack.ts';

/** Milliseconds for a whole release. */
const within = 30 * 60_000;

/**
 * Brings the release that a reference means into `slipway-out/`, every file checked by its sha256:
 * `oci://REPO` is the last one kept there, `oci://REPO:TAG` the version of this name or that of the image with this tag,
 * `oci://REPO@sha256:…` the release or the image with this digest. Credentials are Docker's and the job's own.
 *
 * @throws SlipwayError VERSION_MISSING, RECORD_CHANGED
 */
export async function getFromRegistry(text: string, directory: string, parent: AbortSignal): Promise<LoadedRecord> {
  const reference = parseReference(text.slice('oci://'.length));
  const { repository, tag, digest } = reference;
  using signal = deadline(within, `getting ${text}`, parent);
  using client = await registryClient({ ...noInputs, images: [repository] }, process.env, signal, directory);
  const store = ociStore(client, repository);
  const found = await releaseOf(client, store, reference, signal);
  if (found === undefined) return getRelease(store, digest ?? tag ?? 'latest', directory, signal);
  return unpack(found, store.place, directory, (file, limited) => store.open(file, found, limited), signal);
}

/** Undefined where the reference says nothing more than a version that is not there, or the last. */
async function releaseOf(
  client: RegistryClient,
  store: Store,
  { repository, tag, digest }: Reference,
  signal: AbortSignal,
): Promise<Package | undefined> {
  if (digest === undefined && tag === undefined) return undefined;
  if (digest === undefined && (await headManifest(client, repository, releaseTag(tag!), signal)) !== undefined)
    return store.find(tag!, signal);
  const named = await headManifest(client, repository, digest ?? tag!, signal);
  if (named === undefined) return undefined;
  return (
    (await readIfRelease(client, repository, named, signal)) ??
    (await releaseOfImage(client, repository, named, signal))
  );
}
