import { imageOf } from '../../src/build-multiarch-image/image.ts';
import { writeLayer } from '../../src/build-multiarch-image/layer.ts';
import type { ImageGraph } from '../../src/core/oci/graph.ts';

/** A small image of two platforms with real layers in `folder`; `text` makes its digests its own. */
export async function smallImage(folder: string, text: string): Promise<ImageGraph> {
  const signal = new AbortController().signal;
  const write = (name: string, content: string) =>
    writeLayer(
      folder,
      { name, entries: [{ name, mode: 0o644, content: Buffer.from(content) }], seconds: 0, compression: 'gzip' },
      signal,
    );
  const shared = await write(`${text}-shared`, `shared ${text}`);
  const ground = { layers: [{ blob: shared.blob, diffId: shared.diffId }], config: undefined, image: undefined };
  const contents = await Promise.all(
    ['amd64', 'arm64'].map(async architecture => ({
      platform: { os: 'linux', architecture },
      ground,
      layers: [{ layer: await write(`${text}-${architecture}`, `${text} ${architecture}`), comment: architecture }],
    })),
  );
  return imageOf(contents, {
    entrypoint: ['/x'],
    cmd: [],
    env: {},
    user: '65532',
    workdir: undefined,
    ports: [],
    stopSignal: undefined,
    format: 'oci',
    labels: {},
    annotations: { index: {}, manifest: {} },
    created: '2026-01-02T03:04:05Z',
  });
}
