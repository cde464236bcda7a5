import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { artifactNode } from '../../../src/core/oci/artifact.ts';
import { digestOf, hexOf } from '../../../src/core/oci/digest.ts';
import { type Blob, encode, type ImageGraph } from '../../../src/core/oci/graph.ts';
import { attachedIn, layoutSource, writeLayout } from '../../../src/core/oci/layout.ts';
import { mediaTypes } from '../../../src/core/oci/media-types.ts';

const signal = new AbortController().signal;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-layout-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function blob(text: string, bytes = Buffer.from(text)): Blob {
  const descriptor = { mediaType: mediaTypes.layer, digest: digestOf(text), size: Buffer.byteLength(text) };
  return { descriptor, open: async () => Readable.from([bytes]) };
}

function image(...blobs: Blob[]): ImageGraph {
  const layers = blobs.map(one => one.descriptor);
  const manifest = {
    ...encode(mediaTypes.manifest, { schemaVersion: 2, mediaType: mediaTypes.manifest, layers }),
    blobs,
  };
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [manifest.descriptor] };
  return { ...encode(mediaTypes.index, index), manifests: [manifest] };
}

const entries = async () => JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')).manifests;

test('what was written is read again, by tag, by digest, and as the only image', async () => {
  const [layer, graph] = [blob('layer'), image(blob('layer'))];
  await writeLayout(folder, graph, ['v1'], signal);
  const source = await layoutSource(folder);
  for (const reference of ['v1', graph.descriptor.digest, '']) {
    expect(await source.manifest(reference, signal)).toMatchObject({
      bytes: graph.bytes,
      descriptor: graph.descriptor,
    });
  }
  const child = graph.manifests[0]!;
  expect((await source.manifest(child.descriptor.digest, signal)).bytes).toEqual(child.bytes);
  expect((await buffer(await source.blob(layer.descriptor, signal))).toString()).toBe('layer');
  expect(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8'))).toEqual({ imageLayoutVersion: '1.0.0' });
});

test('a tag moves, other images stay, and writing twice changes nothing', async () => {
  const [first, second] = [image(blob('1')), image(blob('2'))];
  await writeLayout(folder, first, ['v1', 'latest'], signal);
  await writeLayout(folder, second, ['v2', 'latest'], signal);
  await writeLayout(folder, second, ['v2', 'latest'], signal);
  const found = (await entries()).map((one: { digest: string; annotations: Record<string, string> }) => [
    one.annotations['org.opencontainers.image.ref.name'],
    one.digest,
  ]);
  expect(Object.fromEntries(found)).toEqual({
    v1: first.descriptor.digest,
    v2: second.descriptor.digest,
    latest: second.descriptor.digest,
  });
  expect(found).toHaveLength(3);
});

test('what is attached is listed once, untagged, and is no image of its own', async () => {
  const graph = image(blob('layer'));
  const artifact = (text: string) =>
    artifactNode({ type: 'text/plain', bytes: Buffer.from(text), subject: graph.descriptor, annotations: { text } });
  const [one, other] = [artifact('one'), artifact('other')];
  await writeLayout(folder, graph, ['v1'], signal, [one]);
  await writeLayout(folder, graph, ['v1'], signal, [one, other]);
  expect((await entries()).slice(1)).toEqual([one.descriptor, other.descriptor]);
  expect(await attachedIn(folder)).toEqual([one.descriptor, other.descriptor]);
  const source = await layoutSource(folder);
  for (const node of [one, other])
    expect(await source.manifest(node.descriptor.digest, signal)).toMatchObject({ bytes: node.bytes });
  expect((await source.manifest('', signal)).descriptor).toEqual(graph.descriptor);
});

test('an image without tags is listed once', async () => {
  await writeLayout(folder, image(blob('1')), [], signal);
  await writeLayout(folder, image(blob('1')), [], signal);
  expect(await entries()).toHaveLength(1);
});

test('a blob that is not what it should be leaves nothing visible behind', async () => {
  const wrong = blob('right', Buffer.from('wrong'));
  await expect(writeLayout(folder, image(wrong), ['v1'], signal)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  expect(await readdir(folder)).toEqual(['blobs']);
  expect(await readdir(join(folder, 'blobs', 'sha256'))).toEqual([]);
});

test('a blob that was damaged on the disk is not handed out', async () => {
  const layer = blob('layer');
  await writeLayout(folder, image(layer), ['v1'], signal);
  await writeFile(join(folder, 'blobs', 'sha256', hexOf(layer.descriptor.digest)), 'lay3r');
  const source = await layoutSource(folder);
  await expect(source.blob(layer.descriptor, signal).then(buffer)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
});

test('what is no layout is refused', async () => {
  await expect(layoutSource(folder)).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"2.0.0"}');
  await expect(layoutSource(folder)).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
  await expect(writeLayout(folder, image(blob('1')), [], signal)).rejects.toMatchObject({ code: 'LAYOUT_INVALID' });
});

test('an unknown tag names those that there are', async () => {
  await writeLayout(folder, image(blob('1')), ['v1'], signal);
  const source = await layoutSource(folder);
  await expect(source.manifest('v9', signal)).rejects.toMatchObject({
    code: 'LAYOUT_IMAGE',
    hint: expect.stringContaining('v1'),
  });
});
