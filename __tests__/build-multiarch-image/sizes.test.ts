import { expect, test } from '@jest/globals';
import { previousImage, sizesAgainst } from '../../src/build-multiarch-image/sizes.ts';
import type { Image, ReleaseRecord } from '../../src/core/record/schema.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = (letter: string, repository: string, sizes: Record<string, number>): Image => ({
  repositories: [repository],
  digest: digest(letter),
  tags: [],
  platforms: Object.entries(sizes).map(([platform, size]) => ({
    platform,
    digest: digest(letter),
    config: digest(letter),
    size,
    binaries: [],
  })),
  attestations: [],
});
const record = (...images: Image[]): ReleaseRecord => ({
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1.0.0',
  binaries: [],
  images,
  deployments: [],
});
const now = image('f', 'r/x', { 'linux/amd64': 3e6, 'linux/arm64': 2e6 });

test.each([
  ['of the same repository', [image('a', 'r/y', {}), image('b', 'r/x', {})], digest('b')],
  ['the only one', [image('a', 'r/y', {})], digest('a')],
  ['of several others none', [image('a', 'r/y', {}), image('b', 'r/z', {})], undefined],
  ['no part', [{ ...image('a', 'r/x', {}), part: true }], undefined],
])('the image before: %s', (_, images, expected) => {
  expect(previousImage(record(...images), now)?.digest).toBe(expected);
});

test('table and chart', () => {
  const text = sizesAgainst(record(image('a', 'r/x', { 'linux/amd64': 2e6, 'linux/386': 1e6 })), now, 'v1.1.0')!;
  expect(text).toContain(`#### Sizes against v1.0.0

| Platform | v1.0.0 | v1.1.0 | Change |
|---|---|---|---|
| linux/amd64 | 2.0 MB | 3.0 MB | +1.0 MB (+50.0 %) |
| linux/arm64 |  | 2.0 MB | new |
| linux/386 | 1.0 MB |  | not built here |
`);
  expect(text).toContain('bar [3.000, 0.000, 2.000, 0.000]');
});

test('nothing is said where the release before has no such image', () => {
  expect(sizesAgainst(record(), now, 'v1.1.0')).toBeUndefined();
});
