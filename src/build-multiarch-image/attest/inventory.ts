import { type BuildInfo, readGoBinary } from '../../core/binary/index.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { ImageGraph } from '../../core/oci/graph.ts';
import { formatPlatform } from '../../core/target.ts';
import type { ImageBinary } from '../binary.ts';
import type { PlatformBinaries } from '../select.ts';

/** One program of an image, with what Go wrote into it; undefined for a program of another language. */
export interface Program {
  readonly binary: ImageBinary;
  readonly buildinfo: BuildInfo | undefined;
}

/** What is in the image of one platform, as far as it is ours. */
export interface Inventory {
  /** `os/arch[/variant]`. */
  readonly platform: string;
  readonly manifest: ImageGraph['manifests'][number];
  readonly programs: readonly Program[];
}

/** Reads every program's build information. */
export function inventoryOf(graph: ImageGraph, platforms: readonly PlatformBinaries[]): Promise<Inventory[]> {
  const binaries = new Map(platforms.map(one => [formatPlatform(one.platform), one.binaries]));
  return Promise.all(
    graph.manifests.map(async manifest => {
      const platform = formatPlatform(manifest.descriptor.platform!);
      const programs = await Promise.all((binaries.get(platform) ?? []).map(programOf));
      return { platform, manifest, programs };
    }),
  );
}

async function programOf(binary: ImageBinary): Promise<Program> {
  try {
    return { binary, buildinfo: (await readGoBinary(binary.path)).buildinfo };
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'BINARY_NOT_GO') return { binary, buildinfo: undefined };
    throw error;
  }
}
