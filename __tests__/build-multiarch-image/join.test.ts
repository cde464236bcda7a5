import { expect, test } from '@jest/globals';
import { joinImages } from '../../src/build-multiarch-image/join.ts';
import type { Index } from '../../src/core/oci/descriptor.ts';
import { encode, type ImageGraph } from '../../src/core/oci/graph.ts';
import { mediaTypes } from '../../src/core/oci/media-types.ts';

const docker = 'application/vnd.docker.distribution.manifest.list.v2+json';

function image(architecture: string, annotations?: Record<string, string>, mediaType: string = mediaTypes.index) {
  const manifest = encode(mediaTypes.manifest, { architecture });
  const node = {
    descriptor: { ...manifest.descriptor, platform: { os: 'linux', architecture } },
    bytes: manifest.bytes,
    blobs: [],
  };
  const index: Index = {
    schemaVersion: 2,
    mediaType,
    manifests: [node.descriptor],
    ...(annotations && { annotations }),
  };
  return { ...encode(mediaType, index), manifests: [node] } satisfies ImageGraph;
}
const digestOf = (graph: ImageGraph) => graph.manifests[0]!.descriptor.digest;

test('one index in the given order; annotations on which all agree, and those of the merge over them', () => {
  const [a, b] = [image('amd64', { title: 'x', base: 'one' }), image('arm64', { title: 'x', base: 'two' })];
  const joined = joinImages([b, a], [digestOf(a), digestOf(b)], { vendor: 'acme' });
  expect(JSON.parse(joined.bytes.toString())).toEqual({
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [a.manifests[0]!.descriptor, b.manifests[0]!.descriptor],
    annotations: { title: 'x', vendor: 'acme' },
  });
  expect(joined.manifests).toEqual([a.manifests[0], b.manifests[0]]);
});

test('a platform that is in no part, and parts of two kinds, are errors', () => {
  const [a, b] = [image('amd64', {}), image('arm64', {}, docker)];
  expect(() => joinImages([a], [digestOf(b)], {})).toThrow(expect.objectContaining({ code: 'RECORD_CONFLICT' }));
  expect(() => joinImages([a, b], [digestOf(a), digestOf(b)], {})).toThrow(
    expect.objectContaining({ code: 'MEDIA_TYPE_DIFFERS' }),
  );
});

test('Docker’s lists stay without annotations', () => {
  const [a, b] = [image('amd64', undefined, docker), image('arm64', undefined, docker)];
  const joined = joinImages([a, b], [digestOf(a), digestOf(b)], {});
  expect(joined.descriptor.mediaType).toBe(docker);
  expect(Object.keys(JSON.parse(joined.bytes.toString()))).toEqual(['schemaVersion', 'mediaType', 'manifests']);
});
