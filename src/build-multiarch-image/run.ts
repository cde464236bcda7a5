import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from '../core/action.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { registryClient } from '../core/registry/client-of-inputs.ts';
import type { Span } from '../core/summary.ts';
import { formatPlatform } from '../core/target.ts';
import { assemble } from './assemble.ts';
import { sealerOf } from './attest/sealer.ts';
import { wantedOf } from './attest/wanted.ts';
import { checkCompression } from './compression.ts';
import { deliver } from './deliver.ts';
import { buildDockerfile } from './dockerfile/build.ts';
import { containedBinaries } from './dockerfile/contained.ts';
import { dockerfilePlatforms } from './dockerfile/emulation.ts';
import { findEngine, givenInputs, mustNotBuild, wantedEngine } from './dockerfile/engine.ts';
import { imageEvidence, withImage } from './evidence.ts';
import { epochOf, recordOf } from './facts.ts';
import { mustFitFormat } from './format.ts';
import { definition } from './inputs.ts';
import { merge } from './merge.ts';
import { plan } from './plan.ts';
import { retag } from './retag.ts';
import { byPlatform, fromPatterns, fromRecord, mustAgree } from './select.ts';
import { smokeTest } from './smoke/smoke.ts';
import { tagsFor } from './tags/for-release.ts';

type Inputs = Context<typeof definition.inputs>['inputs'];

/** Binaries (or a Dockerfile) → layers → one index → registries → record. Tags come last: until then nobody sees anything of it. */
export async function run(context: Context<typeof definition.inputs>): Promise<void> {
  const { inputs, signal, directory } = context;
  const given = givenInputs(definition.inputs, inputs, process.env);
  if (inputs.mode === 'merge' || inputs.mode === 'retag') mustNotBuild(inputs.mode, given);
  if (inputs.mode === 'merge') return merge(context);
  if (inputs.mode === 'retag') return retag(context);
  const isPart = inputs.mode === 'build';
  if (isPart && inputs.tags.length > 0) log.info('mode: build writes no tags: mode: merge does');
  const repositories = inputs.push ? inputs.images : [];
  const engine = await findEngine(wantedEngine(inputs, given), process.env, signal);
  mustHaveUse(inputs, engine.kind !== 'native' || context.record !== undefined);
  mustFitFormat(inputs);
  const sealer = await sealerOf(inputs, process.env);
  const loaded = context.record ?? (await recordOf(directory, process.env, signal));
  const tags = isPart ? [] : await tagsFor(inputs, loaded.record);
  checkCompression(inputs.compression);

  const platforms =
    engine.kind === 'native'
      ? await platformsOf(inputs, loaded.record, directory, signal)
      : dockerfilePlatforms(inputs.platforms);
  log.info(`platforms: ${platforms.map(one => formatPlatform(one.platform)).join(', ')}`);

  const spans: Span[] = [];
  const folder = await mkdtemp(join(process.env['RUNNER_TEMP'] || tmpdir(), 'slipway-image-'));
  try {
    using client = await registryClient(inputs, process.env, signal, directory);
    const seconds = epochOf(loaded.record.commitTime, process.env);
    const common = { inputs, record: loaded.record, seconds, folder, directory, spans, signal };
    const graph =
      engine.kind === 'native'
        ? await assemble({ ...common, platforms, client })
        : await buildDockerfile({ ...common, engine, platforms: platforms.map(one => one.platform), env: process.env });
    const held = engine.kind === 'native' ? platforms : await containedBinaries(graph, loaded.record, signal);
    const finish = inputs.mode === 'plan' ? plan : deliver;
    await finish(context, {
      client,
      graph,
      loaded,
      repositories,
      tags,
      spans,
      attestations: {
        wanted: await wantedOf(graph, held, loaded.record, inputs, seconds, process.env),
        sealer,
      },
      beforeTags: () => smokeTest({ inputs, client, graph, repositories, folder, spans, signal }),
      evidence: (places, written, attested) => ({
        ...imageEvidence(graph, held, places, written, attested),
        ...(isPart ? { part: true } : {}),
      }),
      record: image =>
        withImage(
          loaded.record,
          image,
          held.flatMap(one => one.binaries),
        ),
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The programs of the image, from the input `binaries` or else from the record, by platform. */
async function platformsOf(inputs: Inputs, record: ReleaseRecord, directory: string, signal: AbortSignal) {
  const binaries =
    inputs.binaries.length > 0 ? await fromPatterns(inputs.binaries, directory, signal) : await fromRecord(record);
  mustAgree(record, binaries);
  return byPlatform(binaries, inputs.platforms);
}

/** An image of nothing, or one that goes nowhere, is a mistake in the workflow. */
function mustHaveUse(inputs: Inputs, hasRecord: boolean): void {
  if (inputs.source !== undefined) {
    throw new SlipwayError('INPUT_INVALID', 'input "source" is for mode: retag only', { hint: 'Leave it out.' });
  }
  if (!hasRecord && inputs.binaries.length === 0) {
    throw new SlipwayError(
      'INPUT_INVALID',
      'input "release" is missing, and "binaries" too: there is nothing to ship',
      {
        hint: 'Give the output `release` of setup-go-cross, or binaries: dist/{name}-{os}-{arch}{variant}, or for a Dockerfile context: .',
      },
    );
  }
  if (inputs.mode === 'plan') return;
  if (inputs.mode === 'build' && !inputs.push) {
    throw new SlipwayError('INPUT_INVALID', 'input "push" is false, but mode: build pushes a part for mode: merge', {
      hint: 'To build without pushing, leave "mode" out.',
    });
  }
  if (inputs.push && inputs.images.length === 0) {
    throw new SlipwayError('INPUT_INVALID', 'input "images" is missing: give repositories such as ghcr.io/acme/hello', {
      hint: 'To build without pushing, give push: false and output: oci-layout:PATH.',
    });
  }
}
