import { SlipwayError } from '../errors.ts';
import { type Member, writeArchive } from './archive.ts';
import type { Manifest } from './descriptor.ts';
import { hexOf } from './digest.ts';
import type { ManifestNode } from './graph.ts';

/**
 * Writes one platform as `docker save` does, for `docker load` and `podman load`. Layers stay compressed, as
 * go-containerregistry writes them: whoever loads them looks at their first bytes.
 *
 * @param references `HOST/PATH:TAG`, the names that the image gets when it is loaded
 */
export async function writeDockerArchive(
  path: string,
  node: ManifestNode,
  references: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { config, layers } = JSON.parse(node.bytes.toString('utf8')) as Manifest;
  const blobOf = (digest: string) => {
    const found = node.blobs.find(blob => blob.descriptor.digest === digest);
    if (found !== undefined) return found;
    throw new SlipwayError('IMAGE_INCOMPLETE', `${node.descriptor.digest} names ${digest}, and there is no such blob`);
  };
  const layerName = (digest: string) => `${hexOf(digest)}.tar.gz`;
  const configName = `${hexOf(config.digest)}.json`;
  const names = layers.map(layer => layerName(layer.digest));
  const list = [{ Config: configName, RepoTags: references, Layers: names }];
  const members: Member[] = [
    { name: 'manifest.json', content: Buffer.from(JSON.stringify(list)) },
    { name: configName, content: blobOf(config.digest) },
    ...[...new Set(layers.map(layer => layer.digest))].map(digest => ({
      name: layerName(digest),
      content: blobOf(digest),
    })),
  ];
  await writeArchive(path, members, signal);
}
