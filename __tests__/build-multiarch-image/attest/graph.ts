import type { Inventory } from '../../../src/build-multiarch-image/attest/inventory.ts';
import { parseModInfo } from '../../../src/core/binary/build-info.ts';
import { encode, type ImageGraph } from '../../../src/core/oci/graph.ts';
import { mediaTypes } from '../../../src/core/oci/media-types.ts';

/** An index over two platforms; nothing below it is looked at here. */
export function graphOf(annotations: Record<string, string> = {}): ImageGraph {
  const manifests = ['amd64', 'arm64'].map(architecture => {
    const node = encode(mediaTypes.manifest, { architecture });
    return { ...node, descriptor: { ...node.descriptor, platform: { os: 'linux', architecture } }, blobs: [] };
  });
  return { ...encode(mediaTypes.index, { manifests: manifests.map(one => one.descriptor), annotations }), manifests };
}

const lines = [
  'path\texample.com/acme/hello/cmd/NAME',
  'mod\texample.com/acme/hello\t(devel)\t',
  'dep\tgithub.com/BurntSushi/toml\tv1.4.0\th1:kuoIxZQy2WRRk1pttg9asf+WVv6tWQuBNVmK8+nqPr0=',
  'dep\texample.com/forked\tv1.0.0\t',
  '=>\texample.com/fork\tv1.0.1\th1:AAAAxZQy2WRRk1pttg9asf+WVv6tWQuBNVmK8+nqPr0=',
  'dep\texample.com/local\tv0.3.0\t',
  '=>\t./local\t\t',
];

/** What one platform holds: `cmd/server` and `cmd/worker`, and where asked a program that Go did not build. */
export function inventoryOf(graph: ImageGraph, index: number, foreign = false): Inventory {
  const manifest = graph.manifests[index]!;
  const { architecture } = manifest.descriptor.platform!;
  const program = (name: string, sha256: string) => ({
    binary: {
      target: { os: 'linux', arch: architecture },
      package: `example.com/acme/hello/cmd/${name}`,
      name,
      path: `/nowhere/${name}`,
      size: 1,
      sha256: sha256.repeat(32),
    },
    buildinfo: parseModInfo('go1.26.8', lines.join('\n').replaceAll('NAME', name)),
  });
  const programs = [program('server', 'ab'), program('worker', 'cd')];
  const c = { ...program('helper', 'ef'), buildinfo: undefined };
  return { platform: `linux/${architecture}`, manifest, programs: foreign ? [...programs, c] : programs };
}
