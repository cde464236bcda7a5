import type { ImageSource } from '../oci/source.ts';
import { openBlob, readBlob } from './blobs.ts';
import type { RegistryClient } from './client.ts';
import { getManifest } from './manifests.ts';
import { formatRepository, type Repository } from './reference.ts';

/** A repository of a registry as a source of images. */
export function registrySource(client: RegistryClient, repository: Repository): ImageSource {
  return {
    name: formatRepository(repository),
    repository,
    manifest: (reference, signal) => getManifest(client, repository, reference, signal),
    read: (descriptor, signal) => readBlob(client, repository, descriptor, signal),
    blob: (descriptor, signal) => openBlob(client, repository, descriptor, signal),
  };
}
