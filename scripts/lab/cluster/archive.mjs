// Programs that somebody has built already, as one archive: from the folder that SLIPWAY_READY_BUILT names, else from
// shared/bin beside the checkout.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ensurePackages, findExecutable } from '../apt.mjs';
import { run } from '../run.mjs';
import { ARCH, versions } from './layout.mjs';

const BESIDE = fileURLToPath(new URL('../../../../shared/bin', import.meta.url));

/**
 * Unpacks the archive into `part`. Resolves with undefined, or with the reason why there is nothing.
 * Throws when the archive is not the one that was pinned.
 */
export async function fromArchive(_group, _groups, part, progress) {
  const pinned = versions.readyBuilt[ARCH];
  if (!pinned) return `no archive is pinned for ${ARCH}`;
  const path = join(process.env.SLIPWAY_READY_BUILT || BESIDE, pinned.file);
  if (!existsSync(path)) return 'no ready-built archive (SLIPWAY_READY_BUILT)';
  progress('cluster: checking and unpacking the ready-built programs');
  const seen = await sha256(path);
  if (seen !== pinned.sha256) {
    throw new Error(
      `unpacking ${path}: its sha256 is ${seen}, expected ${pinned.sha256}; replace the file, or point SLIPWAY_READY_BUILT elsewhere`,
    );
  }
  if (!(await findExecutable('xz'))) await ensurePackages(['xz-utils']);
  await run(['tar', '--use-compress-program', 'xz --decompress --memlimit=2GiB', '-xf', path, '-C', part], {
    timeout: 600_000,
  });
  return undefined;
}

async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
