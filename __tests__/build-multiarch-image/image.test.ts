import { describe, expect, test } from '@jest/globals';
import type { Ground } from '../../src/build-multiarch-image/base.ts';
import { configOf, imageOf, type PlatformContent, type Settings } from '../../src/build-multiarch-image/image.ts';
import { digestOf } from '../../src/core/oci/digest.ts';
import { imageTypes, mediaTypes } from '../../src/core/oci/media-types.ts';

const blobOf = (text: string) => ({
  descriptor: { mediaType: mediaTypes.layer, digest: digestOf(text), size: text.length },
  open: () => Promise.reject(new Error('not read here')),
});
const layer = (text: string) => ({
  comment: text,
  layer: {
    descriptor: blobOf(text).descriptor,
    diffId: digestOf(`${text} tar`),
    unpacked: 1,
    path: '/absent',
    blob: blobOf(text),
  },
});
const scratch: Ground = {
  layers: [{ blob: blobOf('scratch'), diffId: digestOf('scratch tar') }],
  config: undefined,
  image: undefined,
};
const settings: Settings = {
  entrypoint: ['/usr/local/bin/hello'],
  cmd: [],
  env: {},
  user: '65532',
  workdir: undefined,
  ports: [],
  stopSignal: undefined,
  format: 'oci',
  labels: { version: '1' },
  annotations: { index: { level: 'index' }, manifest: { level: 'manifest' } },
  created: '2026-01-02T03:04:05Z',
};
const content = (architecture: string, variant?: string, ground = scratch): PlatformContent => ({
  platform: { os: 'linux', architecture, ...(variant === undefined ? {} : { variant }) },
  ground,
  layers: [layer(architecture)],
});

describe('the index', () => {
  const graph = imageOf([content('arm64'), content('arm', 'v7'), content('amd64')], settings);

  test('has these very bytes', () => {
    expect(graph.descriptor.digest).toBe('sha256:60c21d55f626fa5afd78f1d306efeb819560d309b7827c654f414579a07d9dc0');
  });

  test('does not depend on the order of the platforms', () => {
    const other = imageOf([content('amd64'), content('arm64'), content('arm', 'v7')], settings);
    expect(other.bytes.equals(graph.bytes)).toBe(true);
  });

  test('lists the platforms only, with their variants', () => {
    const index = JSON.parse(graph.bytes.toString());
    expect(index).toMatchObject({ schemaVersion: 2, mediaType: mediaTypes.index, annotations: { level: 'index' } });
    expect(index.manifests.map((one: { platform: object }) => one.platform)).toEqual([
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm', variant: 'v7' },
      { os: 'linux', architecture: 'arm64' },
    ]);
  });

  test('every manifest names its configuration and its layers, lowest first', () => {
    const { bytes, blobs } = graph.manifests[0]!;
    const manifest = JSON.parse(bytes.toString());
    expect(manifest).toMatchObject({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      annotations: { level: 'manifest' },
    });
    expect([manifest.config, ...manifest.layers]).toEqual(blobs.map(blob => blob.descriptor));
    expect(manifest.layers.map((one: { digest: string }) => one.digest)).toEqual([
      digestOf('scratch'),
      digestOf('amd64'),
    ]);
  });
});

describe('the configuration', () => {
  test('on scratch', () => {
    expect(
      configOf(content('arm', 'v7'), { ...settings, cmd: ['-x'], ports: ['8080/tcp'], env: { A: 'b=c' } }),
    ).toEqual({
      created: '2026-01-02T03:04:05Z',
      architecture: 'arm',
      variant: 'v7',
      os: 'linux',
      config: {
        User: '65532',
        ExposedPorts: { '8080/tcp': {} },
        Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'A=b=c'],
        Entrypoint: ['/usr/local/bin/hello'],
        Cmd: ['-x'],
        WorkingDir: '/',
        Labels: { version: '1' },
      },
      rootfs: { type: 'layers', diff_ids: [digestOf('scratch tar'), digestOf('arm tar')] },
      history: [
        { created_by: 'slipway build-multiarch-image', comment: 'certificates, zone data, users and /tmp' },
        { created: '2026-01-02T03:04:05Z', created_by: 'slipway build-multiarch-image', comment: 'arm' },
      ],
    });
  });

  test('keeps what the base says, except its command and user', () => {
    const base: Ground = {
      layers: scratch.layers,
      image: { name: 'example.com/base:1', digest: digestOf('base') },
      config: {
        os: 'linux',
        architecture: 'amd64',
        config: {
          User: 'root',
          Env: ['PATH=/base', 'LANG=C'],
          Entrypoint: ['/bin/sh'],
          Cmd: ['-c', 'true'],
          WorkingDir: '/srv',
          Labels: { base: 'yes', version: '0' },
          ExposedPorts: { '80/tcp': {} },
          StopSignal: 'SIGQUIT',
        },
        rootfs: { type: 'layers', diff_ids: [digestOf('scratch tar')] },
        history: [{ created_by: 'somebody' }, { created_by: 'ENV', empty_layer: true }],
      },
    };
    const config = configOf(content('amd64', undefined, base), {
      ...settings,
      env: { LANG: 'en', NEW: '1' },
      ports: ['53/udp'],
    });
    expect(config.config).toEqual({
      User: '65532',
      ExposedPorts: { '80/tcp': {}, '53/udp': {} },
      Env: ['PATH=/base', 'LANG=en', 'NEW=1'],
      Entrypoint: ['/usr/local/bin/hello'],
      WorkingDir: '/srv',
      Labels: {
        base: 'yes',
        version: '1',
        'org.opencontainers.image.base.name': 'example.com/base:1',
        'org.opencontainers.image.base.digest': digestOf('base'),
      },
      StopSignal: 'SIGQUIT',
    });
    expect(config.history).toHaveLength(3);
  });
});

test('a stop signal replaces the base’s', () => {
  expect(configOf(content('amd64'), { ...settings, stopSignal: 'SIGINT' }).config!.StopSignal).toBe('SIGINT');
});

describe('docker’s media types', () => {
  const graph = imageOf([content('amd64'), content('arm64')], { ...settings, format: 'docker' });

  test('name the index, every manifest, configuration and layer; there are no annotations', () => {
    const index = JSON.parse(graph.bytes.toString());
    expect([graph.descriptor.mediaType, index.mediaType]).toEqual([imageTypes.docker.index, imageTypes.docker.index]);
    expect(index.annotations).toBeUndefined();
    for (const { descriptor, bytes, blobs } of graph.manifests) {
      const manifest = JSON.parse(bytes.toString());
      expect([descriptor.mediaType, manifest.mediaType]).toEqual([imageTypes.docker.manifest, manifest.mediaType]);
      expect(manifest.annotations).toBeUndefined();
      expect([manifest.config, ...manifest.layers].map((one: { mediaType: string }) => one.mediaType)).toEqual([
        'application/vnd.docker.container.image.v1+json',
        'application/vnd.docker.image.rootfs.diff.tar.gzip',
        'application/vnd.docker.image.rootfs.diff.tar.gzip',
      ]);
      expect(blobs.map(blob => blob.descriptor)).toEqual([manifest.config, ...manifest.layers]);
    }
  });
});

describe('images of several bases', () => {
  const on = (name: string): Ground => ({ ...scratch, image: { name, digest: digestOf(name) } });
  const annotation = 'org.opencontainers.image.base.name';

  test('name its base at every platform, and none at the index', () => {
    const graph = imageOf([content('amd64', undefined, on('a')), content('arm64', undefined, on('b'))], settings);
    expect(JSON.parse(graph.bytes.toString()).annotations).toEqual({ level: 'index' });
    expect(graph.manifests.map(one => JSON.parse(one.bytes.toString()).annotations[annotation])).toEqual(['a', 'b']);
  });

  test('that is the same for all is named at the index too', () => {
    const graph = imageOf([content('amd64', undefined, on('a')), content('arm64', undefined, on('a'))], settings);
    expect(JSON.parse(graph.bytes.toString()).annotations[annotation]).toBe('a');
  });
});
