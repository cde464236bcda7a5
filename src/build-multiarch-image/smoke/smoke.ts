import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { ImageGraph, ManifestNode } from '../../core/oci/graph.ts';
import { platformImages } from '../../core/oci/images.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import type { Repository } from '../../core/registry/reference.ts';
import { registrySource } from '../../core/registry/source.ts';
import type { Span } from '../../core/summary.ts';
import { formatPlatform, parseTarget, runsOn } from '../../core/target.ts';
import { machinePlatform } from '../dockerfile/emulation.ts';
import { timed } from '../timed.ts';
import { commandEnds, serves } from './container.ts';
import type { SmokeTest } from './inputs.ts';
import { openRuntime } from './runtime.ts';

export interface Smoke {
  readonly inputs: {
    readonly smoke: SmokeTest;
    readonly 'smoke-env': Readonly<Record<string, string>>;
    readonly 'smoke-timeout': number;
  };
  readonly client: RegistryClient;
  readonly graph: ImageGraph;
  /** The first is where the image is pulled from; none: nothing was pushed, and the bytes here are tested. */
  readonly repositories: readonly Repository[];
  readonly folder: string;
  readonly spans: Span[];
  readonly signal: AbortSignal;
}

/** Starts what was pushed, pulled again by its digest, and throws unless it works. Call it before tags are written. */
export async function smokeTest(smoke: Smoke): Promise<void> {
  const { inputs, client, graph, repositories, spans, signal } = smoke;
  const { runs, checks } = inputs.smoke;
  if (runs.length + checks.length === 0) return;
  await timed(spans, 'smoke', async () => {
    const folder = join(smoke.folder, `slipway-smoke-${randomUUID().slice(0, 8)}`);
    const [repository] = repositories;
    const nodes: readonly ManifestNode[] =
      repository === undefined
        ? graph.manifests
        : (await platformImages(registrySource(client, repository), graph.descriptor.digest, signal)).map(
            ({ descriptor, platform, bytes, blobs }) => ({ descriptor: { ...descriptor, platform }, bytes, blobs }),
          );
    const node = ownPlatform(nodes);
    await using runtime = await openRuntime(node, folder, process.env, signal);
    log.info(`smoke: ${node.descriptor.digest} (${formatPlatform(node.descriptor.platform!)}) with ${runtime.name}`);
    const options = { env: inputs['smoke-env'], timeout: inputs['smoke-timeout'], signal };
    for (const argv of runs) await commandEnds(runtime, argv, options);
    if (checks.length > 0) await serves(runtime, checks, options);
  });
}

/** The part of the image that this machine runs itself: the newest variant that fits. */
function ownPlatform(nodes: readonly ManifestNode[]): ManifestNode {
  const machine = parseTarget(machinePlatform());
  const fitting = nodes
    .filter(({ descriptor: { platform } }) => {
      const { os, architecture: arch, variant } = platform!;
      return runsOn({ os, arch, ...(variant === undefined ? {} : { variant }) }, machine);
    })
    .sort((a, b) => ((a.descriptor.platform!.variant ?? '') < (b.descriptor.platform!.variant ?? '') ? 1 : -1));
  // amd64/v3 may not run here, plain amd64 does.
  const plain = fitting.find(({ descriptor }) => descriptor.platform!.variant === undefined);
  const found = plain ?? fitting[0];
  if (found !== undefined) return found;
  const has = nodes.map(({ descriptor }) => formatPlatform(descriptor.platform!)).join(', ');
  throw new SlipwayError('SMOKE_PLATFORM', `the image has no ${machinePlatform()}, which this machine is: ${has}`, {
    hint: 'Add the platform, run the job on a machine that the image is for, or leave "smoke" out.',
  });
}
