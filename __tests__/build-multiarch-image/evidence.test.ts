import { expect, test } from '@jest/globals';
import { withImage } from '../../src/build-multiarch-image/evidence.ts';
import type { Image, ReleaseRecord } from '../../src/core/record/schema.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (letter: string, repositories: string[], tags: string[]): Image => ({
  repositories,
  digest: digest(letter),
  tags,
  platforms: [],
  attestations: [],
});
const record = (...images: Image[]): ReleaseRecord => ({
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1',
  binaries: [],
  images,
  deployments: [],
  extra: 'kept',
});

test('an image is added, unknown fields stay', () => {
  const updated = withImage(record(), image('a', ['r/x'], ['v1']), []);
  expect(updated).toMatchObject({ extra: 'kept', images: [{ digest: digest('a') }] });
});

test('the same image in another place is one image', () => {
  const updated = withImage(record(image('a', ['r/x'], ['v1'])), image('a', ['r/y'], ['v1', 'latest']), []);
  expect(updated.images).toEqual([image('a', ['r/x', 'r/y'], ['v1', 'latest'])]);
});

test('an image whose tag was taken over is no longer this release’s', () => {
  const before = record(image('a', ['r/x'], ['v1']), image('b', ['r/x'], ['v1-debug']));
  const updated = withImage(before, image('c', ['r/x'], ['v1']), []);
  expect(updated.images.map(one => one.digest)).toEqual([digest('b'), digest('c')]);
});

const part = (letter: string, platform: string): Image => ({
  ...image(letter, ['r/x'], []),
  part: true,
  platforms: [{ platform, digest: digest(letter), config: digest(letter), size: 1, binaries: [] }],
});

test('a part takes the place of an older part for the same platform, and of nothing else', () => {
  const before = record(part('a', 'linux/amd64'), part('b', 'linux/arm64'), image('c', ['r/x'], ['v0']));
  const updated = withImage(before, part('d', 'linux/amd64'), []);
  expect(updated.images.map(one => one.digest)).toEqual(['b', 'c', 'd'].map(digest));
});

test('a part that is pushed as the whole image is a part no more', () => {
  const whole = { ...part('a', 'linux/amd64'), part: undefined, tags: ['v1'] };
  const updated = withImage(record(part('a', 'linux/amd64')), whole, []);
  expect(updated.images.map(one => [one.part, one.tags])).toEqual([[undefined, ['v1']]]);
});

test('programs that the record does not know are added', () => {
  const target = { os: 'linux', arch: 'arm', variant: 'v7' };
  const binary = { target, package: 'p', name: 'p', path: '/p', size: 1, sha256: 'a'.repeat(64) };
  const updated = withImage(record(), image('a', [], []), [binary]);
  expect(updated.binaries).toEqual([
    { package: 'p', target: 'linux/arm/v7', path: '/p', size: 1, sha256: 'a'.repeat(64) },
  ]);
  expect(withImage(updated, image('a', [], []), [binary]).binaries).toHaveLength(1);
});
