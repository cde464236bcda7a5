import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { run } from '../../core/process.ts';
import { type BuilderFacts, createArguments, parseInspect } from './buildx.ts';
import type { DockerfileInputs } from './job.ts';

/** A builder that is up, and the environment in which buildx knows it. */
export interface LiveBuilder extends BuilderFacts, AsyncDisposable {
  readonly env: NodeJS.ProcessEnv;
}

interface Options {
  readonly program: readonly [string, ...string[]];
  readonly inputs: Pick<DockerfileInputs, 'builder' | 'driver-opts'>;
  /** For the list of builders of our own: the user's is left as it is. */
  readonly folder: string;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** Minutes in which a builder must be up: the first time its image is pulled or its pods are started. */
const patience = 5 * 60_000;

/**
 * The builder that was asked for. Without a word that is the current one, unless it is Docker's built-in, which writes
 * no OCI layouts: then a container of our own, removed at the end as every builder that we made.
 */
export async function openBuilder(options: Options): Promise<LiveBuilder> {
  const { program, inputs, directory, env, signal } = options;
  const { builder } = inputs;
  const inspect = async (name: string | undefined, where: NodeJS.ProcessEnv) => {
    const argv = [...program, 'inspect', '--bootstrap', ...(name === undefined ? [] : [name])] as const;
    return parseInspect((await run(argv, { cwd: directory, env: where, timeout: patience, signal })).stdout);
  };
  try {
    if (builder?.kind === 'named') return kept(await inspect(builder.name, env), env);
    if (builder === undefined) {
      const current = await inspect(undefined, env).catch(error => log.debug(messageOf(error)));
      if (current !== undefined && current.driver !== 'docker') return kept(current, env);
    }
    const own = { ...env, BUILDX_CONFIG: join(options.folder, 'buildx') };
    const name = `slipway-${randomUUID().slice(0, 8)}`;
    const remove = async () => {
      const argv = [...program, 'rm', '--force', name] as const;
      await run(argv, { cwd: directory, env: own, timeout: 60_000 }).catch(error => {
        log.warning(`the builder ${name} could not be removed: ${messageOf(error)}`);
      });
    };
    await run([...program, ...createArguments(name, builder, inputs['driver-opts'])], {
      cwd: directory,
      env: own,
      timeout: patience,
      signal,
    });
    try {
      return { ...(await inspect(name, own)), env: own, [Symbol.asyncDispose]: remove };
    } catch (error) {
      await remove();
      throw error;
    }
  } catch (error) {
    signal.throwIfAborted();
    const where =
      builder?.kind === 'remote' ? builder.endpoint : builder?.kind === 'named' ? builder.name : builder?.kind;
    throw builderFailed(`starting the builder ${where ?? 'of this machine'}`, error, hintOf(builder));
  }
}

function kept(facts: BuilderFacts, env: NodeJS.ProcessEnv): LiveBuilder {
  return { ...facts, env, [Symbol.asyncDispose]: async () => undefined };
}

/** buildx says last what is wrong, after its progress. */
function builderFailed(doing: string, cause: unknown, hint: string): SlipwayError {
  const lines = messageOf(cause).split('\n');
  const said = lines.findLast(line => line.includes('ERROR: '))?.replace(/^.*ERROR: /, '') ?? lines[0];
  return new SlipwayError('BUILDER_FAILED', `${doing}: ${said}`, { hint, cause });
}

function hintOf(builder: DockerfileInputs['builder']): string {
  if (builder?.kind === 'remote' && builder.endpoint.startsWith('kube-pod:'))
    return 'Is kubectl on PATH, may KUBECONFIG run `exec` there, and does the pod have buildctl?';
  if (builder?.kind === 'remote')
    return 'Does a buildkitd listen there? With TLS, driver-opts must give cacert, cert and key.';
  if (builder?.kind === 'kubernetes')
    return 'Look at KUBECONFIG, and at driver-opts: namespace=… where pods may be made.';
  if (builder?.kind === 'named') return 'Make it before with docker/setup-buildx-action or `buildx create`.';
  return 'Without Docker give builder: tcp://… or unix://… of a buildkitd, or engine: buildah.';
}
