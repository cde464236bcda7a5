import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { ManifestNode } from '../../core/oci/graph.ts';
import { writeLayout } from '../../core/oci/layout.ts';
import { run } from '../../core/process.ts';
import { alone } from './alone.ts';
import type { Runtime } from './runtime.ts';

/**
 * podman reads the image from an OCI layout: so it needs neither our credentials nor a word about insecure registries,
 * and the bytes were verified by us. podman 4 names in its storage what it took by the layout's path, podman 5 by the
 * tag: both are the same unique name here, relative since a path may have capitals.
 */
export async function podman(
  node: ManifestNode,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Runtime> {
  const [name, parent] = [basename(folder), dirname(folder)];
  await writeLayout(folder, alone(node), [name], signal);
  const limits = limitArguments(await readFile('/proc/self/limits', 'utf8').catch(() => ''));
  const call = (...argv: string[]) =>
    run(['podman', ...argv], { env, timeout: 60_000 }).catch(error => {
      log.debug(`podman ${argv[0]}: ${messageOf(error)}`);
    });
  return {
    name: 'podman',
    start: async (id, argv, variables) => ({
      argv: [
        ...(['podman', 'run', '--quiet', '--rm', '--name', id, '--network', 'host'] as const),
        ...limits,
        ...Object.keys(variables).flatMap(variable => ['--env', variable]),
        `oci:${name}:${name}`,
        ...argv,
      ],
      // Values are passed by the environment: arguments can be read by all.
      env: { ...env, ...variables },
      cwd: parent,
    }),
    remove: async id => {
      await call('rm', '--force', '--ignore', '--time', '2', id);
    },
    [Symbol.asyncDispose]: async () => {
      await call('rmi', '--force', `localhost/${name}`);
    },
  };
}

/** Files and processes that a container may have; more than any smoke test needs. */
const most = 16_384;

/**
 * Limits within our own, which /proc/self/limits tells: podman would set higher ones, also with `--ulimit host`, and a
 * machine may not allow that even to root.
 */
export function limitArguments(text: string): string[] {
  const names = { nofile: 'Max open files', nproc: 'Max processes' };
  return Object.entries(names).flatMap(([name, title]) => {
    const [, hard] = new RegExp(`^${title} +\\w+ +(\\w+)`, 'm').exec(text) ?? [];
    const limit = Math.min(most, hard === undefined || hard === 'unlimited' ? most : Number(hard));
    return ['--ulimit', `${name}=${limit}:${limit}`];
  });
}
