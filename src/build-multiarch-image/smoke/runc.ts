import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { ImageConfig } from '../../core/oci/descriptor.ts';
import type { ManifestNode } from '../../core/oci/graph.ts';
import { run } from '../../core/process.ts';
import { bundleConfig } from './bundle-config.ts';
import type { Runtime } from './runtime.ts';
import { unpack } from './unpack.ts';

/** runc needs the image unpacked and described; its containers share this machine's network. */
export async function runc(
  node: ManifestNode,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Runtime> {
  const rootfs = join(folder, 'rootfs');
  await mkdir(rootfs, { recursive: true, mode: 0o755 });
  const [config, ...layers] = node.blobs;
  for (const layer of layers) await unpack(layer, rootfs, signal);
  const text = Buffer.concat(await Array.fromAsync(await config!.open(signal))).toString('utf8');
  const image = JSON.parse(text) as ImageConfig;
  return {
    name: 'runc',
    start: async (id, argv, variables) => {
      const bundle = join(folder, id);
      await mkdir(bundle);
      const document = await bundleConfig(image, rootfs, argv, variables);
      await writeFile(join(bundle, 'config.json'), JSON.stringify(document), { mode: 0o600 });
      return { argv: ['runc', 'run', '--bundle', bundle, id], env, cwd: bundle };
    },
    remove: async id => {
      await run(['runc', 'delete', '--force', id], { env, timeout: 60_000 }).catch(error => {
        log.debug(`runc delete: ${messageOf(error)}`);
      });
    },
    [Symbol.asyncDispose]: async () => undefined, // everything is in the folder of this run
  };
}
