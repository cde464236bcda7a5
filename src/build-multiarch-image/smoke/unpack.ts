import { createWriteStream } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Blob } from '../../core/oci/graph.ts';
import { run } from '../../core/process.ts';

/**
 * Unpacks a layer over those below it (image-spec, layer.md): what a whiteout names goes first, then the layer's own
 * files come. GNU tar lets no name or link lead out of the folder.
 */
export async function unpack(layer: Blob, rootfs: string, signal: AbortSignal): Promise<void> {
  const file = `${rootfs}.layer`;
  try {
    await pipeline(await layer.open(signal), createWriteStream(file), { signal });
    const { stdout } = await run(['tar', '--list', '--file', file], { timeout: 300_000, signal });
    const names = stdout
      .split('\n')
      .filter(name => basename(name).startsWith('.wh.') && !name.split('/').includes('..'));
    for (const name of names) await whiteOut(rootfs, dirname(name), basename(name));
    await run(
      ['tar', '--extract', '--file', file, '--directory', rootfs, '--numeric-owner', '--same-owner', '--exclude=.wh.*'],
      { timeout: 600_000, signal },
    );
  } finally {
    await rm(file, { force: true });
  }
}

async function whiteOut(rootfs: string, folder: string, name: string): Promise<void> {
  const path = join(rootfs, folder);
  const gone = name === '.wh..wh..opq' ? await readdir(path).catch(() => []) : [name.slice('.wh.'.length)];
  for (const one of gone) await rm(join(path, one), { recursive: true, force: true });
}
