import { SlipwayError } from '../../core/errors.ts';
import type { ManifestNode } from '../../core/oci/graph.ts';
import { run } from '../../core/process.ts';
import { podman } from './podman.ts';
import { runc } from './runc.ts';

/** A program that runs containers, with the image made ready for it. */
export interface Runtime extends AsyncDisposable {
  readonly name: string;
  /**
   * The argument vector that runs the image in the foreground, in the network of this machine.
   *
   * @param id name of the container
   * @param argv arguments instead of the image's own command; empty: that one
   * @param env variables of the container
   */
  readonly start: (
    id: string,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
  ) => Promise<{
    readonly argv: readonly [string, ...string[]];
    readonly env: NodeJS.ProcessEnv;
    readonly cwd: string;
  }>;
  /** Ends the container, however it is, and takes it away. */
  readonly remove: (id: string) => Promise<void>;
}

/** podman, or runc where we are root; neither is an error, as a test that was asked for and did not run proves nothing. */
export async function openRuntime(
  node: ManifestNode,
  folder: string,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Runtime> {
  const works = (name: string) =>
    run([name, '--version'], { env, timeout: 30_000, signal }).then(
      () => true,
      () => {
        signal.throwIfAborted();
        return false;
      },
    );
  if (await works('podman')) return podman(node, folder, env, signal);
  if (process.getuid?.() === 0 && (await works('runc'))) return runc(node, folder, env, signal);
  throw new SlipwayError(
    'SMOKE_RUNTIME_MISSING',
    'there is neither podman nor (as root) runc: the image cannot be started',
    {
      hint: 'Install one (apt-get install podman), or leave "smoke" out.',
    },
  );
}
