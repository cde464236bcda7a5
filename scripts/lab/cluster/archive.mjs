// The cluster's programs from a ready-built archive.
import { findReadyBuilt, unpackReadyBuilt } from '../ready-built.mjs';
import { ARCH, versions } from './layout.mjs';

/**
 * Unpacks the archive into `part`. Resolves with undefined, or with the reason why there is nothing.
 * Throws when the archive is not the one that was pinned.
 */
export async function fromArchive(_group, _groups, part, progress) {
  const pinned = versions.readyBuilt[ARCH];
  if (!pinned) return `no archive is pinned for ${ARCH}`;
  const path = findReadyBuilt(pinned.file);
  if (!path) return 'no ready-built archive (SLIPWAY_READY_BUILT)';
  progress('cluster: checking and unpacking the ready-built programs');
  await unpackReadyBuilt(path, pinned.sha256, part);
  return undefined;
}
