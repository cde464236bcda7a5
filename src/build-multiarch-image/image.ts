import { Readable } from 'node:stream';
import type { Descriptor, ImageConfig, Index, Manifest } from '../core/oci/descriptor.ts';
import { encode, type ImageGraph, type ManifestNode } from '../core/oci/graph.ts';
import { type ImageFormat, imageTypes } from '../core/oci/media-types.ts';
import { formatPlatform, type Platform } from '../core/target.ts';
import type { Annotations } from './annotations.ts';
import type { Ground } from './base.ts';
import { baseLabels } from './labels.ts';
import type { Layer } from './layer.ts';

/** What the user says about every container of the image. */
export interface Settings {
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly workdir: string | undefined;
  /** `8080/tcp` */
  readonly ports: readonly string[];
  /** `SIGTERM` or a number; undefined: the base's. */
  readonly stopSignal: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Annotations;
  readonly format: ImageFormat;
  /** ISO 8601. */
  readonly created: string;
}

/** One platform, ready to be described: its base, and our layers on it, lowest first. */
export interface PlatformContent {
  readonly platform: Platform;
  readonly ground: Ground;
  readonly layers: readonly { readonly layer: Layer; readonly comment: string }[];
}

const tool = 'slipway build-multiarch-image';
const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The image configuration: the base's, with ours over it. A new entrypoint drops the base's command, as in Docker. */
export function configOf(content: PlatformContent, settings: Settings): ImageConfig {
  const { platform, ground, layers } = content;
  const base = ground.config?.config ?? {};
  const ports = Object.fromEntries(settings.ports.map(port => [port, {}]));
  const exposed = { ...base.ExposedPorts, ...ports };
  const stopSignal = settings.stopSignal ?? base.StopSignal;
  const workdir = settings.workdir ?? (base.WorkingDir || '/');
  return {
    created: settings.created,
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    os: platform.os,
    config: {
      User: settings.user,
      ...(Object.keys(exposed).length === 0 ? {} : { ExposedPorts: exposed }),
      Env: mergeEnv(base.Env ?? [path], settings.env),
      Entrypoint: settings.entrypoint,
      ...(settings.cmd.length === 0 ? {} : { Cmd: settings.cmd }),
      WorkingDir: workdir,
      Labels: { ...base.Labels, ...baseLabels(ground.image), ...settings.labels },
      ...(stopSignal === undefined ? {} : { StopSignal: stopSignal }),
    },
    rootfs: {
      type: 'layers',
      diff_ids: [...ground.layers.map(one => one.diffId), ...layers.map(one => one.layer.diffId)],
    },
    history: [
      ...(ground.config?.history ??
        ground.layers.map(() => ({ created_by: tool, comment: 'certificates, zone data, users and /tmp' }))),
      ...layers.map(({ comment }) => ({ created: settings.created, created_by: tool, comment })),
    ],
  };
}

/** The base's variables keep their places; ours replace those of the same name, the new ones follow. */
function mergeEnv(base: readonly string[], ours: Readonly<Record<string, string>>): string[] {
  const merged = new Map(base.map(line => [line.split('=', 1)[0]!, line]));
  for (const [name, value] of Object.entries(ours)) merged.set(name, `${name}=${value}`);
  return [...merged.values()];
}

/** One platform's manifest and what it names. */
function manifestOf(content: PlatformContent, settings: Settings): ManifestNode {
  const types = imageTypes[settings.format];
  const config = encode(types.config, configOf(content, settings));
  const blobs = [...content.ground.layers.map(one => one.blob), ...content.layers.map(({ layer }) => layer.blob)].map(
    blob => ({ ...blob, descriptor: { ...blob.descriptor, mediaType: types.layer(blob.descriptor.mediaType) } }),
  );
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: types.manifest,
    config: config.descriptor,
    layers: blobs.map(blob => blob.descriptor),
    ...(types.annotations && {
      annotations: { ...baseLabels(content.ground.image), ...settings.annotations.manifest },
    }),
  };
  const { descriptor, bytes } = encode(types.manifest, manifest);
  return {
    descriptor: { ...descriptor, platform: content.platform },
    bytes,
    blobs: [{ descriptor: config.descriptor, open: async () => Readable.from([config.bytes]) }, ...blobs],
    base: content.ground.layers.reduce((sum, { blob }) => sum + blob.descriptor.size, 0),
  };
}

/** The image: an index over all platforms in the order of their names, so that the order of the inputs does not count. */
export function imageOf(contents: readonly PlatformContent[], settings: Settings): ImageGraph {
  const nameOf = ({ platform }: PlatformContent) => formatPlatform(platform);
  const manifests = [...contents]
    .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    .map(content => manifestOf(content, settings));
  const types = imageTypes[settings.format];
  const bases = new Set(contents.map(({ ground }) => JSON.stringify(ground.image)));
  const base = bases.size === 1 ? baseLabels(contents[0]!.ground.image) : {};
  const index: Index = {
    schemaVersion: 2,
    mediaType: types.index,
    manifests: manifests.map((manifest): Descriptor => manifest.descriptor),
    ...(types.annotations && { annotations: { ...base, ...settings.annotations.index } }),
  };
  return { ...encode(types.index, index), manifests };
}
