// Programs that somebody has built already, as archives: from the folder that SLIPWAY_READY_BUILT names, else from
// shared/bin beside the checkout.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { ensurePackages, findExecutable } from './apt.mjs';
import { run } from './run.mjs';

const BESIDE = fileURLToPath(new URL('../../../shared/bin', import.meta.url));

/** The path of a ready-built archive by its file name, or undefined where there is none. */
export function findReadyBuilt(file) {
  const path = join(process.env.SLIPWAY_READY_BUILT || BESIDE, file);
  return existsSync(path) ? path : undefined;
}

/**
 * Unpacks an archive into the folder `into`. Throws when it is not the one that was pinned: `sha256` is in hex.
 */
export async function unpackReadyBuilt(path, sha256, into) {
  const seen = await sha256Of(path);
  if (seen !== sha256) {
    throw new Error(
      `unpacking ${path}: its sha256 is ${seen}, expected ${sha256}; replace the file, or point SLIPWAY_READY_BUILT elsewhere`,
    );
  }
  if (!(await findExecutable('xz'))) await ensurePackages(['xz-utils']);
  await run(['tar', '--use-compress-program', 'xz --decompress --memlimit=2GiB', '-xf', path, '-C', into], {
    timeout: 600_000,
  });
}

async function sha256Of(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
