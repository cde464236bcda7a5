import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hexOf } from '../../core/oci/digest.ts';
import { platformImages } from '../../core/oci/images.ts';
import { type RegistryInputs, registryClient } from '../../core/registry/client-of-inputs.ts';
import type { Reference } from '../../core/registry/reference.ts';
import { registrySource } from '../../core/registry/source.ts';
import { formatPlatform, parseTarget } from '../../core/target.ts';
import type { Artifact } from '../artifacts.ts';

/**
 * What a host gets in the place of a binary: the manifest that the image's digest is the hash of. It is one for all
 * platforms of the image, and an artifact for each.
 *
 * @param stack takes the copy of the manifest away at its end
 * @throws what the registry fails with, where it does not have the image or has another one
 */
export async function imageArtifacts(
  inputs: Omit<RegistryInputs, 'images'>,
  { repository, digest }: Reference,
  stack: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Artifact[]> {
  using client = await registryClient({ ...inputs, images: [repository] }, process.env, signal);
  const source = registrySource(client, repository);
  const { bytes } = await source.manifest(digest!, signal);
  const platforms = await platformImages(source, digest!, signal);
  const folder = await mkdtemp(join(tmpdir(), 'slipway-image-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'manifest.json');
  await writeFile(path, bytes);
  return platforms
    .filter(({ platform }) => platform.os === 'linux')
    .map(({ platform }) => ({
      path,
      target: parseTarget(formatPlatform(platform)),
      sha256: hexOf(digest!),
      size: bytes.length,
    }));
}
