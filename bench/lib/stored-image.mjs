// An image as it lies in a registry, read with plain requests.
import { gunzipSync } from 'node:zlib';

const index = 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json';
const manifest = 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json';

/** Of `HOST/REPOSITORY`: { platform: "linux/arm64", digest, size } of each image under the tag or digest. */
export async function platformsOf(repository, reference) {
  const { manifests = [] } = JSON.parse(await get(repository, `manifests/${reference}`, index));
  return manifests.map(({ platform, digest, size }) => ({
    platform: `${platform.os}/${platform.architecture}`,
    digest,
    size,
  }));
}

/** The digests of one platform's layers. */
export async function layersOf(repository, digest) {
  const { layers } = JSON.parse(await get(repository, `manifests/${digest}`, manifest));
  return layers.map(one => one.digest);
}

/**
 * Bytes of one platform: `wire` is what a pull moves (manifest, configuration, layers), `unpacked` the layers' archives.
 */
export async function sizeOf(repository, reference, platform) {
  const found = (await platformsOf(repository, reference)).find(one => one.platform === platform);
  if (found === undefined) throw new Error(`${repository}:${reference} has no ${platform}`);
  const { config, layers } = JSON.parse(await get(repository, `manifests/${found.digest}`, manifest));
  const sizes = { wire: found.size + config.size, unpacked: 0 };
  for (const { digest, size } of layers) {
    sizes.wire += size;
    sizes.unpacked += gunzipSync(await get(repository, `blobs/${digest}`)).length;
  }
  return sizes;
}

async function get(repository, path, accept = '*/*') {
  const [host, name] = [repository.slice(0, repository.indexOf('/')), repository.slice(repository.indexOf('/') + 1)];
  const url = `http://${host}/v2/${name}/${path}`;
  const answer = await fetch(url, { headers: { accept }, signal: AbortSignal.timeout(60_000) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return Buffer.from(await answer.arrayBuffer());
}
