import type { Entry } from '../core/tar.ts';
import { formatPlatform } from '../core/target.ts';
import type { Ground } from './base.ts';
import { checkStatic, type ImageBinary, inspect } from './binary.ts';
import type { PlatformContent } from './image.ts';
import { type Layer, writeLayer } from './layer.ts';
import { scratchEntries } from './scratch.ts';
import type { PlatformBinaries } from './select.ts';

/** Where programs are in the image: on PATH, and in no base's way. */
export const binaryFolder = 'usr/local/bin';

/** The folders are named too: some runtimes make missing ones unreadable for a user without rights. */
function entriesOf(binary: ImageBinary): Entry[] {
  return [
    { name: 'usr/', mode: 0o755 },
    { name: 'usr/local/', mode: 0o755 },
    { name: `${binaryFolder}/`, mode: 0o755 },
    { name: `${binaryFolder}/${binary.name}`, mode: 0o755, content: { path: binary.path, sha256: binary.sha256 } },
  ];
}

/** One layer of our own below everything, on `scratch`; the same for every platform and every release. */
export async function scratchGround(folder: string, signal: AbortSignal): Promise<Ground & { readonly layer: Layer }> {
  const layer = await writeLayer(folder, 'scratch', await scratchEntries(), 0, signal);
  return { layer, layers: [{ blob: layer.blob, diffId: layer.diffId }], config: undefined };
}

/** Refuses programs that could not start on `scratch`, before anything is compressed. */
export async function checkForScratch(platforms: readonly PlatformBinaries[]): Promise<void> {
  for (const binary of platforms.flatMap(one => one.binaries)) {
    checkStatic(binary.path, (await inspect(binary.path)).interpreter);
  }
}

/** Compresses the programs of one platform, a layer each. */
export async function platformContent(
  { platform, binaries }: PlatformBinaries,
  ground: Ground,
  folder: string,
  seconds: number,
  signal: AbortSignal,
): Promise<PlatformContent> {
  const prefix = formatPlatform(platform).replaceAll('/', '-');
  const layers = await Promise.all(
    binaries.map(async binary => ({
      layer: await writeLayer(folder, `${prefix}-${binary.name}`, entriesOf(binary), seconds, signal),
      comment: `${binary.package} sha256:${binary.sha256}`,
    })),
  );
  return { platform, ground, layers };
}
