import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { readIfThere } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import type { ImageGraph } from '../../core/oci/graph.ts';
import { platformImages } from '../../core/oci/images.ts';
import { layoutSource } from '../../core/oci/layout.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import type { Span } from '../../core/summary.ts';
import { formatPlatform, type Platform } from '../../core/target.ts';
import type { Annotations } from '../annotations.ts';
import { isoTime, standardLabels } from '../labels.ts';
import { timed } from '../timed.ts';
import { mustKnow } from './buildah.ts';
import { openBuilder } from './builder.ts';
import { buildArguments } from './buildx.ts';
import { mustRun, runnableHere } from './emulation.ts';
import { graphOf, mustHave } from './graph.ts';
import type { DockerfileInputs, Job } from './job.ts';
import { runBuildah } from './run-buildah.ts';
import { secretsOf } from './secrets.ts';
import { stream } from './stream.ts';

export interface DockerfileBuild {
  readonly engine: Job['engine'];
  readonly inputs: DockerfileInputs & {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Annotations;
  };
  readonly record: ReleaseRecord;
  readonly platforms: readonly Platform[];
  readonly seconds: number;
  /** For the OCI layout; the caller removes it, after the image was pushed. */
  readonly folder: string;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly spans: Span[];
  readonly signal: AbortSignal;
}

/** Dockerfile → an OCI layout of the engine → our image. Pushing and everything after it is the same as for binaries. */
export async function buildDockerfile(build: DockerfileBuild): Promise<ImageGraph> {
  const { engine, inputs, record, seconds, folder, directory, spans, signal } = build;
  const platforms = build.platforms.map(formatPlatform);
  const env = engineEnvironment(build.env, seconds);
  const secrets = await secretsOf(inputs, directory, build.env);
  const standard = standardLabels(record, isoTime(seconds), build.env);
  warnOfSecrets(inputs['build-args']);
  const job: Job = {
    engine,
    inputs,
    ...(await contextOf(inputs, directory)),
    platforms,
    labels: { ...standard, ...inputs.labels },
    secrets,
    seconds,
    layout: join(folder, `built-${randomUUID().slice(0, 8)}`),
  };
  const options = { folder, directory, env: { ...env, ...secrets.env }, signal };
  await timed(spans, `build with ${engine.kind}`, () =>
    log.group(`${engine.kind} builds ${inputs.file ?? 'the Dockerfile'} for ${platforms.join(', ')}`, () =>
      engine.kind === 'buildx' ? runBuildx(job, options) : buildah(job, options),
    ),
  );
  const images = await platformImages(await layoutSource(job.layout), '', signal);
  mustHave(images, platforms, engine.kind);
  return graphOf(images, {
    index: { ...standard, ...inputs.annotations.index },
    manifest: { ...standard, ...inputs.annotations.manifest },
  });
}

interface Options {
  readonly folder: string;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

async function runBuildx(job: Job, options: Options): Promise<void> {
  const { program } = job.engine;
  await using builder = await openBuilder({ program, inputs: job.inputs, ...options });
  log.info(`builder: ${builder.name} (${builder.driver}), runs ${builder.platforms.join(', ')}`);
  await checkSteps(job, builder.platforms);
  await stream(job.engine, buildArguments(job, builder.name), { ...options, env: builder.env });
}

async function buildah(job: Job, options: Options): Promise<void> {
  mustKnow(job);
  await checkSteps(job, await runnableHere());
  await runBuildah(job, options);
}

async function checkSteps(job: Job, runnable: readonly string[]): Promise<void> {
  const path = job.file;
  const text = path === undefined ? undefined : await readIfThere(path);
  if (path !== undefined && text !== undefined)
    mustRun({ path, text, target: job.inputs.target }, job.platforms, runnable);
}

/** Where context and Dockerfile are. A URL is the engine's business. */
async function contextOf(
  { context = '.', file }: DockerfileInputs,
  directory: string,
): Promise<Pick<Job, 'context' | 'file'>> {
  if (/^(https?|git|ssh):\/\/|^git@/.test(context)) return { context, file };
  const folder = resolve(directory, context);
  if (!(await stat(folder).catch(() => undefined))?.isDirectory())
    throw new SlipwayError('CONTEXT_MISSING', `the build context ${folder} is not a folder`, {
      hint: 'Correct the input "context"; relative paths begin at "working-directory".',
    });
  const named =
    file === undefined ? [join(folder, 'Dockerfile'), join(folder, 'Containerfile')] : [resolve(directory, file)];
  for (const path of named)
    if ((await stat(path).catch(() => undefined))?.isFile()) return { context: folder, file: path };
  throw new SlipwayError('DOCKERFILE_MISSING', `there is no ${named[0]}`, {
    hint: 'Give its path as the input "file"; without a Dockerfile give binaries, and leave "context" out.',
  });
}

/** The runner's variables, but none of our inputs: secrets among them are nobody's business. */
export function engineEnvironment(env: NodeJS.ProcessEnv, seconds: number): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('INPUT_'));
  return {
    ...Object.fromEntries(kept),
    SOURCE_DATE_EPOCH: String(seconds),
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    BUILDX_METADATA_PROVENANCE: 'disabled',
    DOCKER_CLI_HINTS: 'false',
  };
}

function warnOfSecrets(args: Readonly<Record<string, string>>): void {
  const telling = Object.keys(args).filter(name => /(TOKEN|SECRET|PASSWORD|PASSWD|PRIVATE_KEY|API_KEY)$/i.test(name));
  if (telling.length === 0) return;
  log.warning(
    `build-args ${telling.join(', ')}: build arguments stay readable in the image's history. Use the input "secrets" and RUN --mount=type=secret.`,
  );
}
