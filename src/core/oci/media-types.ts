/** Media types of the OCI image specification 1.1 (media-types.md), and Docker's older names for the same things. */
export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

const docker = {
  list: 'application/vnd.docker.distribution.manifest.list.v2+json',
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** What a client says it can read when it asks for a manifest. */
export const acceptedManifests = [mediaTypes.index, mediaTypes.manifest, docker.list, docker.manifest].join(', ');

export function isIndex(mediaType: string): boolean {
  return mediaType === mediaTypes.index || mediaType === docker.list;
}

export function isManifest(mediaType: string): boolean {
  return mediaType === mediaTypes.manifest || mediaType === docker.manifest;
}

const layers: Record<string, string> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': mediaTypes.layer,
  'application/vnd.docker.image.rootfs.diff.tar': 'application/vnd.oci.image.layer.v1.tar',
  'application/vnd.docker.image.rootfs.diff.tar.zstd': 'application/vnd.oci.image.layer.v1.tar+zstd',
};

/** The OCI name of a layer's media type: an OCI manifest must not list Docker's, though the bytes are the same. */
export function ociLayerType(mediaType: string): string {
  return layers[mediaType] ?? mediaType;
}

/** Which of the two sets of names an image is written with. */
export type ImageFormat = 'oci' | 'docker';

/** The names of each set; Docker's manifests have no annotations. `layer` turns an OCI layer type into its own. */
export const imageTypes = {
  oci: { ...mediaTypes, annotations: true, layer: (oci: string) => oci },
  docker: {
    index: docker.list,
    manifest: docker.manifest,
    config: 'application/vnd.docker.container.image.v1+json',
    annotations: false,
    layer: (oci: string) => Object.keys(layers).find(name => layers[name] === oci) ?? oci,
  },
} as const;
