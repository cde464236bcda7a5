import { resolve } from 'node:path';
import type { ImageGraph } from '../core/oci/graph.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import type { Span } from '../core/summary.ts';
import { formatPlatform } from '../core/target.ts';
import type { Annotations } from './annotations.ts';
import { type Ground, resolveBase } from './base.ts';
import type { Base } from './base-name.ts';
import { entrypointOf } from './entrypoint.ts';
import { imageOf } from './image.ts';
import { type BaseImage, isoTime, standardLabels } from './labels.ts';
import { checkForScratch, platformContent, scratchGround } from './layers.ts';
import type { PlatformBinaries } from './select.ts';
import { timed } from './timed.ts';

export interface Assembly {
  readonly inputs: {
    readonly base: Base;
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly user: string;
    readonly workdir: string | undefined;
    readonly ports: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Annotations;
  };
  readonly record: ReleaseRecord;
  readonly platforms: readonly PlatformBinaries[];
  /** Since 1970; the time of everything in the image. */
  readonly seconds: number;
  /** For layers; the caller removes it, after the image was pushed. */
  readonly folder: string;
  /** Where relative paths of the inputs begin. */
  readonly directory: string;
  readonly client: RegistryClient;
  readonly spans: Span[];
  readonly signal: AbortSignal;
}

/** Makes the layers of all platforms, at once, and the image over them. */
export async function assemble(assembly: Assembly): Promise<ImageGraph> {
  const { inputs, record, platforms, seconds, folder, spans, signal } = assembly;
  const entrypoint = inputs.entrypoint.length > 0 ? inputs.entrypoint : entrypointOf(platforms, record.name);
  const { grounds, image } = await groundsOf(assembly);
  const contents = await Promise.all(
    platforms.map(one => {
      const name = formatPlatform(one.platform);
      return timed(spans, `compress ${name}`, () => platformContent(one, grounds(name), folder, seconds, signal));
    }),
  );
  const created = isoTime(seconds);
  const standard = standardLabels(record, created, image, process.env);
  return imageOf(contents, {
    ...inputs,
    entrypoint,
    created,
    labels: { ...standard, ...inputs.labels },
    annotations: {
      index: { ...standard, ...inputs.annotations.index },
      manifest: { ...standard, ...inputs.annotations.manifest },
    },
  });
}

/** What each platform stands on; on `scratch` it is one layer of our own for all. */
async function groundsOf({ inputs, platforms, client, directory, folder, spans, signal }: Assembly): Promise<{
  readonly grounds: (platform: string) => Ground;
  readonly image: BaseImage | undefined;
}> {
  const { base } = inputs;
  if (base.kind === 'scratch') {
    await checkForScratch(platforms);
    const ground = await scratchGround(folder, signal);
    return { grounds: () => ground, image: undefined };
  }
  const wanted = platforms.map(one => one.platform);
  const path = (relative: string) => resolve(directory, relative);
  const { grounds, image } = await timed(spans, 'base', () => resolveBase(base, wanted, client, path, signal));
  return { grounds: platform => grounds.get(platform)!, image };
}
