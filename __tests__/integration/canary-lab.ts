import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectlOf } from './deploy-k8s-canary.ts';
import { buildHello } from './hello.ts';
import type { Lab } from './lab.ts';
import { pushTinyImage } from './tiny-image.ts';

const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';

/** A namespace of a test file's own: made anew before its tests, taken away after them. */
export function ownNamespace({ cluster }: Lab<'cluster'>, namespace: string) {
  const kubectl = kubectlOf(cluster, namespace);
  return {
    kubectl,
    fresh: async () => {
      await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=true']);
      await kubectl(['create', 'namespace', namespace]);
    },
    end: async () => {
      await kubectl(['delete', 'namespace', namespace, '--wait=false']);
    },
  };
}

/**
 * Images of the example in the lab's registry, by digest, under the names that they are wanted by.
 *
 * @param wanted a version, and variables of the image's environment: `{ errors: ['v2', 'HELLO_ERROR_RATE=0.3'] }`
 */
export async function pushExample<Name extends string>(
  { registry, go }: Lab<'registry' | 'go'>,
  wanted: Readonly<Record<Name, readonly [version: string, ...environment: string[]]>>,
): Promise<Record<Name, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-images-'));
  const images = {} as Record<Name, string>;
  try {
    for (const [name, [version, ...environment]] of Object.entries(wanted) as [
      Name,
      readonly [string, ...string[]],
    ][]) {
      const { path } = await buildHello(go, folder, version);
      const { repository, digest } = await pushTinyImage(registry.url, 'test-k8s/hello', path, arch, environment);
      images[name] = `${repository}@${digest}`;
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return images;
}
