import { randomUUID } from 'node:crypto';
import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Index } from '../../core/oci/descriptor.ts';
import { run } from '../../core/process.ts';
import { buildArguments, exportArguments } from './buildah.ts';
import type { Job } from './job.ts';
import { stream } from './stream.ts';

interface Options {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Builds into buildah's own storage under a name of ours, exports from there, and takes the name away again. */
export async function runBuildah(job: Job, options: Options): Promise<void> {
  const name = `localhost/slipway-${randomUUID()}`;
  try {
    await stream(job.engine, buildArguments(job, name), options);
    await stream(job.engine, exportArguments(name, job.layout), options);
  } finally {
    await forget(job, name, options);
  }
}

/** Takes our name away, and the platforms' images that nobody else has named; all else in the storage is the user's. */
async function forget(job: Job, name: string, { directory: cwd, env }: Options): Promise<void> {
  const [program] = job.engine.program;
  const call = (...argv: string[]) => run([program, ...argv], { cwd, env, timeout: 60_000 });
  try {
    const list = JSON.parse((await call('manifest', 'inspect', name)).stdout) as Index;
    await call('manifest', 'rm', name);
    // With --layers they are the cache of the next build.
    if (job.inputs['cache-from'].length + job.inputs['cache-to'].length > 0) return;
    const images = JSON.parse((await call('images', '--all', '--json')).stdout) as {
      id: string;
      names: string[] | null;
      digest: string;
    }[];
    const ours = new Set(list.manifests.map(one => one.digest));
    const unnamed = images.filter(one => ours.has(one.digest) && (one.names ?? []).length === 0);
    if (unnamed.length > 0) await call('rmi', ...unnamed.map(one => one.id));
  } catch (error) {
    log.debug(`buildah's storage is not tidied up: ${messageOf(error)}`); // e.g. the build failed before there was a list
  }
}
