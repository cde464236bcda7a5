import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Context } from '../core/action.ts';
import { SlipwayError } from '../core/errors.ts';
import { compressesAsEverywhere } from '../core/gzip.ts';
import { log } from '../core/log.ts';
import { writeLayout } from '../core/oci/layout.ts';
import { saveRecord } from '../core/record/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { formatRepository } from '../core/registry/reference.ts';
import type { Span } from '../core/summary.ts';
import { formatPlatform } from '../core/target.ts';
import { formatSize } from '../core/units.ts';
import { assemble } from './assemble.ts';
import { buildDockerfile } from './dockerfile/build.ts';
import { containedBinaries } from './dockerfile/contained.ts';
import { dockerfilePlatforms } from './dockerfile/emulation.ts';
import { findEngine, givenInputs, wantedEngine } from './dockerfile/engine.ts';
import { imageEvidence, transferSize, withImage } from './evidence.ts';
import { epochOf, recordOf } from './facts.ts';
import { definition } from './inputs.ts';
import { publish } from './publish.ts';
import { registryClient } from './registries.ts';
import { byPlatform, fromPatterns, fromRecord, mustAgree } from './select.ts';
import { smokeTest } from './smoke/smoke.ts';
import { summaryOf } from './summary.ts';
import { factsOf, payloadOf } from './tags/facts.ts';
import { tagOf, tagsOf } from './tags/resolve.ts';

type Inputs = Context<typeof definition.inputs>['inputs'];

/** Binaries (or a Dockerfile) → layers → one index → registries → record. Tags come last: until then nobody sees anything of it. */
export async function run(context: Context<typeof definition.inputs>): Promise<void> {
  const { inputs, signal, directory, output } = context;
  const repositories = inputs.push ? inputs.images : [];
  const given = givenInputs(definition.inputs, inputs, process.env);
  const engine = await findEngine(wantedEngine(inputs, given), process.env, signal);
  mustHaveUse(inputs, engine.kind !== 'native' || context.record !== undefined);
  const loaded = context.record ?? (await recordOf(directory, process.env, signal));
  const tags = await tagsFor(inputs, loaded.record);
  if (!compressesAsEverywhere()) {
    log.warning(
      'This Node has another zlib than the official builds: digests will differ from those of other machines.',
    );
  }

  const platforms =
    engine.kind === 'native'
      ? await platformsOf(inputs, loaded.record, directory, signal)
      : dockerfilePlatforms(inputs.platforms);
  log.info(`platforms: ${platforms.map(one => formatPlatform(one.platform)).join(', ')}`);

  const spans: Span[] = [];
  const folder = await mkdtemp(join(process.env['RUNNER_TEMP'] || tmpdir(), 'slipway-image-'));
  try {
    using client = await registryClient(inputs, process.env, signal);
    const seconds = epochOf(loaded.record.commitTime, process.env);
    const common = { inputs, record: loaded.record, seconds, folder, directory, spans, signal };
    const graph =
      engine.kind === 'native'
        ? await assemble({ ...common, platforms, client })
        : await buildDockerfile({ ...common, engine, platforms: platforms.map(one => one.platform), env: process.env });
    const held = engine.kind === 'native' ? platforms : await containedBinaries(graph, loaded.record, signal);
    const { digest } = graph.descriptor;
    for (const manifest of graph.manifests) {
      log.info(
        `${formatPlatform(manifest.descriptor.platform!)}: ${manifest.descriptor.digest}, ${formatSize(transferSize(manifest))}`,
      );
    }
    log.info(`image: ${digest}`);
    output('digest', digest);

    if (inputs.output !== undefined) await writeLayout(resolve(directory, inputs.output), graph, tags, signal);
    const policy = { version: loaded.record.version, latest: inputs.latest, immutable: inputs['immutable-tags'] };
    const { pushed, plans } = await publish(client, graph, repositories, tags, policy, spans, signal, () =>
      smokeTest({ inputs, client, graph, repositories, folder, spans, signal }),
    );

    const places = repositories.map(formatRepository);
    const references = plans.flatMap(plan => plan.tags.map(tag => `${formatRepository(plan.repository)}:${tag}`));
    const written = [...new Set(plans.flatMap(plan => plan.tags))];
    const evidence = imageEvidence(graph, held, places, written);
    const updated = {
      ...loaded,
      record: withImage(
        loaded.record,
        evidence,
        held.flatMap(one => one.binaries),
      ),
    };
    await saveRecord(updated);
    output('image', places.length === 0 ? '' : `${places[0]}@${digest}`);
    output('tags', references.join('\n'));
    output('metadata', JSON.stringify(metadataOf(graph.descriptor, references)));
    output('release', updated.file);
    const title = `${loaded.record.name} ${loaded.record.version}`;
    await context.summary(
      summaryOf({ title, graph, pushed, tags: places.length === 0 ? tags : written, layout: inputs.output, spans }),
    );
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

/** Without rules the version is the tag. */
async function tagsFor({ tags, flavor }: Inputs, record: ReleaseRecord): Promise<string[]> {
  if (tags.length === 0) return [tagOf(record.version)];
  return tagsOf(tags, flavor, factsOf(record, process.env, await payloadOf(process.env), new Date()));
}

/** An image of nothing, or one that goes nowhere, is a mistake in the workflow. */
function mustHaveUse(inputs: Inputs, hasRecord: boolean): void {
  if (!hasRecord && inputs.binaries.length === 0) {
    throw new SlipwayError(
      'INPUT_INVALID',
      'input "release" is missing, and "binaries" too: there is nothing to ship',
      {
        hint: 'Give the output `release` of setup-go-cross, or binaries: dist/{name}-{os}-{arch}{variant}, or for a Dockerfile context: .',
      },
    );
  }
  if (inputs.push && inputs.images.length === 0) {
    throw new SlipwayError('INPUT_INVALID', 'input "images" is missing: give repositories such as ghcr.io/acme/hello', {
      hint: 'To build without pushing, give push: false and output: oci-layout:PATH.',
    });
  }
}

/** What docker/build-push-action gives, for steps that read it. */
function metadataOf(descriptor: object & { digest: string }, references: readonly string[]): object {
  return {
    'containerimage.descriptor': descriptor,
    'containerimage.digest': descriptor.digest,
    'image.name': references.join(','),
  };
}
