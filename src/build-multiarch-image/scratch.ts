import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { SlipwayError } from '../core/errors.ts';
import { digestOf } from '../core/oci/digest.ts';
import type { Blob } from '../core/oci/graph.ts';
import { mediaTypes } from '../core/oci/media-types.ts';
import { scratch } from './assets/scratch.ts';
import type { Ground } from './base.ts';

/** Folders that the layer has; whoever puts something there leaves them as they are: /tmp is everybody's. */
export const scratchFolders: readonly string[] = [
  'etc/',
  'etc/ssl/',
  'etc/ssl/certs/',
  'home/',
  'home/nonroot/',
  'tmp/',
  'usr/',
  'usr/share/',
  'usr/share/zoneinfo/',
];

/**
 * What a static Go program needs below it: certificates where Go looks for them, zone data, users with names, and a
 * /tmp. It is one layer that was made beforehand (scripts/update-scratch.mjs): the same in every image, so registries
 * have it already.
 */
export async function scratchGround(): Promise<Ground> {
  const bytes = await readFile(new URL('./assets/scratch.tar.gz', import.meta.url));
  const { digest, size, diffId } = scratch;
  const found = digestOf(bytes);
  if (found !== digest) {
    throw new SlipwayError('ASSET_DAMAGED', `the layer with certificates and zone data of this action is ${found}`, {
      hint: `${digest} is expected: check this action out again.`,
    });
  }
  const blob: Blob = {
    descriptor: { mediaType: mediaTypes.layer, digest, size },
    open: async () => Readable.from([bytes]),
  };
  return { layers: [{ blob, diffId }], config: undefined, image: undefined };
}
