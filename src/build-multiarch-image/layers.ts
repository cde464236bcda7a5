import type { Entry } from '../core/tar.ts';
import { formatPlatform } from '../core/target.ts';
import type { Ground } from './base.ts';
import { checkStatic, type ImageBinary, inspect } from './binary.ts';
import type { Compression } from './compression.ts';
import type { PlatformContent } from './image.ts';
import type { MakeLayer } from './layer-cache.ts';
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

/** Refuses programs that could not start on `scratch`, before anything is compressed. */
export async function checkForScratch(platforms: readonly PlatformBinaries[]): Promise<void> {
  for (const binary of platforms.flatMap(one => one.binaries)) {
    checkStatic(binary.path, (await inspect(binary.path)).interpreter);
  }
}

/** How the layers of a run are made. */
export interface Making {
  readonly make: MakeLayer;
  readonly compression: Compression;
  /** Since 1970; the time of everything in the layers. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** Compresses the programs of one platform, a layer each, above `lower`. */
export async function platformContent(
  { platform, binaries }: PlatformBinaries,
  ground: Ground,
  lower: PlatformContent['layers'],
  { make, compression, seconds, signal }: Making,
): Promise<PlatformContent> {
  const prefix = formatPlatform(platform).replaceAll('/', '-');
  const layers = await Promise.all(
    binaries.map(async binary => ({
      layer: await make({ name: `${prefix}-${binary.name}`, entries: entriesOf(binary), seconds, compression }, signal),
      comment: `${binary.package} sha256:${binary.sha256}`,
    })),
  );
  return { platform, ground, layers: [...lower, ...layers] };
}
