import { resolve } from 'node:path';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { writeDockerArchive } from '../core/oci/docker-archive.ts';
import type { ImageGraph, ManifestNode } from '../core/oci/graph.ts';
import { writeLayout } from '../core/oci/layout.ts';
import { writeOciArchive } from '../core/oci/oci-archive.ts';
import { formatRepository, type Repository } from '../core/registry/reference.ts';
import { formatPlatform } from '../core/target.ts';

/** How an output is called in the summary. */
export const kindNames = {
  'oci-layout': 'OCI layout',
  'oci-archive': 'OCI archive',
  'docker-archive': 'Docker archive',
} as const;

export interface Output {
  readonly kind: keyof typeof kindNames;
  readonly path: string;
}

/** `oci-layout:PATH`, `oci-archive:PATH` or `docker-archive:PATH`. */
export function parseOutput(text: string): Output {
  const [, kind, path] = /^([a-z-]+):(.+)$/.exec(text) ?? [];
  if (kind !== undefined && path !== undefined && Object.hasOwn(kindNames, kind)) {
    return { kind: kind as Output['kind'], path };
  }
  throw new SlipwayError('OUTPUT_INVALID', `"${text}" is no kind of output that is known`);
}

/** Where OCI layouts are to be written. */
export function layoutsOf(outputs: readonly Output[], directory: string): string[] {
  return outputs.filter(({ kind }) => kind === 'oci-layout').map(({ path }) => resolve(directory, path));
}

/** Throws when an output cannot hold the image: known before anything is pushed. */
export function mustFitOutputs(outputs: readonly Output[], { manifests }: ImageGraph): void {
  if (outputs.some(({ kind }) => kind === 'docker-archive')) loadable(manifests, process.arch);
}

/**
 * Writes the image to files, besides or instead of a push. What is attached goes into layouts only: podman loads no
 * archive that lists anything besides one image.
 */
export async function writeOutputs(
  outputs: readonly Output[],
  directory: string,
  graph: ImageGraph,
  names: {
    readonly repositories: readonly Repository[];
    readonly tags: readonly string[];
    readonly attached: readonly ManifestNode[];
  },
  signal: AbortSignal,
): Promise<void> {
  for (const { kind, path } of outputs) {
    const to = resolve(directory, path);
    if (kind === 'oci-layout') await writeLayout(to, graph, names.tags, signal, names.attached);
    else if (kind === 'oci-archive') await writeOciArchive(to, graph, names.tags, signal);
    else {
      const node = loadable(graph.manifests, process.arch);
      log.info(`${path} holds ${formatPlatform(node.descriptor.platform!)}`);
      const references = names.repositories.flatMap(one => names.tags.map(tag => `${formatRepository(one)}:${tag}`));
      await writeDockerArchive(to, node, references, signal);
    }
    log.info(`wrote the ${kindNames[kind]} ${path}`);
  }
}

/** `docker load` takes one platform: the one that would run here. */
export function loadable(manifests: readonly ManifestNode[], arch: string): ManifestNode {
  if (manifests.length === 1) return manifests[0]!;
  const own = { x64: 'amd64', ia32: '386' }[arch] ?? arch;
  const found = manifests.find(one => one.descriptor.platform?.architecture === own);
  if (found !== undefined) return found;
  const has = manifests.map(one => formatPlatform(one.descriptor.platform!)).join(', ');
  throw new SlipwayError('OUTPUT_PLATFORM', `docker-archive holds one platform, and none of ${has} is this machine’s`, {
    hint: 'Give one platform in "platforms", or use oci-archive, which holds them all.',
  });
}
