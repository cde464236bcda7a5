// The conformance suite as a program, built once from its Go module.
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.mjs';
import { Missing } from '../missing.mjs';
import { cacheRoot, labDir } from '../paths.mjs';
import { buildPeer } from '../peers-build.mjs';

const { package: path, version } = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8'));

/** Its path: $SLIPWAY_CONFORMANCE, else from the cache, else built (half a minute). Throws Missing. */
export async function ensureConformance({ progress = () => {} } = {}) {
  const named = process.env.SLIPWAY_CONFORMANCE;
  if (named) {
    accessSync(named, constants.X_OK);
    return named;
  }
  const folder = join(cacheRoot(), 'conformance', version);
  const program = join(folder, 'conformance');
  return withLock(labDir('locks', 'conformance'), 900_000, async () => {
    if (existsSync(program)) return program;
    const part = `${folder}.part`;
    rmSync(part, { recursive: true, force: true });
    mkdirSync(part, { recursive: true });
    try {
      progress(`conformance: building ${path} ${version} from its Go module`);
      await buildPeer('conformance', { path, version, part });
    } catch (error) {
      throw new Missing(
        'the conformance suite',
        error.message.split('\n').at(-1).trim(),
        `set SLIPWAY_CONFORMANCE to the Go program ${path}@v${version}`,
      );
    }
    renameSync(part, folder);
    return program;
  });
}
