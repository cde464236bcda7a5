import { resolve } from 'node:path';
import type { ImageGraph } from '../core/oci/graph.ts';
import type { ImageFormat } from '../core/oci/media-types.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import type { RegistryClient } from '../core/registry/client.ts';
import type { Span } from '../core/summary.ts';
import { formatPlatform } from '../core/target.ts';
import type { Annotations } from './annotations.ts';
import { type Ground, resolveBase } from './base.ts';
import { type Base, baseFor, type PlatformBase } from './base-name.ts';
import type { Compression } from './compression.ts';
import { entrypointOf } from './entrypoint.ts';
import { filesLayers } from './files/layer.ts';
import type { FileRule } from './files/parse.ts';
import { imageOf } from './image.ts';
import { isoTime, standardLabels } from './labels.ts';
import { cachedLayers, cacheFolder } from './layer-cache.ts';
import { checkForScratch, platformContent } from './layers.ts';
import { scratchGround } from './scratch.ts';
import type { PlatformBinaries } from './select.ts';
import { timed } from './timed.ts';

export interface Assembly {
  readonly inputs: {
    readonly base: Base;
    readonly files: readonly FileRule[];
    readonly entrypoint: readonly string[];
    readonly cmd: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly user: string;
    readonly workdir: string | undefined;
    readonly ports: readonly string[];
    readonly 'stop-signal': string | undefined;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Annotations;
    readonly 'media-types': ImageFormat;
    readonly compression: Compression;
    readonly 'layer-cache': string | undefined;
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
  const { inputs, record, platforms, seconds, folder, directory, spans, signal } = assembly;
  const entrypoint = inputs.entrypoint.length > 0 ? inputs.entrypoint : entrypointOf(platforms, record.name);
  const grounds = await groundsOf(assembly);
  const make = cachedLayers(cacheFolder(inputs['layer-cache'], directory, process.env), folder);
  const making = { make, compression: inputs.compression, seconds, signal };
  const files = await filesLayers(inputs.files, platforms, directory, making);
  const contents = await Promise.all(
    platforms.map(one => {
      const name = formatPlatform(one.platform);
      const ground = grounds.get(name)!;
      return timed(spans, `compress ${name}`, async () =>
        platformContent(one, ground, await files(ground.image === undefined), making),
      );
    }),
  );
  const created = isoTime(seconds);
  const standard = standardLabels(record, created, process.env);
  return imageOf(contents, {
    ...inputs,
    entrypoint,
    stopSignal: inputs['stop-signal'],
    format: inputs['media-types'],
    created,
    labels: { ...standard, ...inputs.labels },
    annotations: {
      index: { ...standard, ...inputs.annotations.index },
      manifest: { ...standard, ...inputs.annotations.manifest },
    },
  });
}

/** What each platform stands on, by its name. Every base is resolved once, for the platforms that stand on it. */
async function groundsOf({ inputs, platforms, client, directory, spans, signal }: Assembly) {
  const path = (relative: string) => resolve(directory, relative);
  const key = (base: PlatformBase) => (base.kind === 'scratch' ? '' : base.text);
  const of = (one: PlatformBinaries) => baseFor(inputs.base, formatPlatform(one.platform));
  const grounds = new Map<string, Ground>();
  for (const group of Map.groupBy(platforms, one => key(of(one))).values()) {
    const [base, wanted] = [of(group[0]!), group.map(one => one.platform)];
    if (base.kind === 'scratch') {
      await checkForScratch(group);
      const ground = await scratchGround();
      for (const platform of wanted) grounds.set(formatPlatform(platform), ground);
    } else {
      const found = await timed(spans, 'base', () => resolveBase(base, wanted, client, path, signal));
      for (const [platform, ground] of found.grounds) grounds.set(platform, ground);
    }
  }
  return grounds;
}
