import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from '../../core/files.ts';
import { parseTarget } from '../../core/target.ts';
import type { Artifact } from '../artifacts.ts';
import type { Compose } from './compose.ts';

/** What a host gets in the place of a binary: the file with its digests, for each platform of the images. */
export async function composeArtifacts({ text, platforms }: Compose, stack: AsyncDisposableStack): Promise<Artifact[]> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-compose-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const path = join(folder, 'compose.yaml');
  await writeFile(path, text);
  const about = { path, sha256: sha256(text), size: Buffer.byteLength(text) };
  return platforms.map(platform => ({ ...about, target: parseTarget(platform) }));
}
