import { expect, test } from '@jest/globals';
import { partsOf } from '../../src/build-multiarch-image/parts.ts';
import type { Image, ReleaseRecord } from '../../src/core/record/schema.ts';

const hex = (letter: string) => letter.repeat(64);
const digest = (letter: string) => `sha256:${hex(letter)}`;
const part = (letter: string, platforms: readonly string[], programs = [letter]): Image => ({
  repositories: ['r.example/x'],
  digest: digest(letter),
  tags: [],
  part: true,
  platforms: platforms.map(platform => ({
    platform,
    digest: digest(letter),
    config: digest(letter),
    size: 1,
    binaries: programs.map(hex),
  })),
  attestations: [],
});
const binary = (letter: string, name: string) => ({
  package: `example.com/${name}`,
  target: `linux/${letter}`,
  path: letter,
  size: 1,
  sha256: hex(letter),
});
const record = (...images: Image[]): ReleaseRecord => ({
  schema: 'slipway.release/v1',
  name: 'hello',
  version: 'v1',
  binaries: [binary('a', 'one'), binary('b', 'one'), binary('c', 'two')],
  images,
  deployments: [],
});

test('the platforms of all parts by name, each with its part; whole images are none', () => {
  const whole = { ...part('f', ['linux/386']), part: undefined };
  const parts = partsOf(record(part('b', ['linux/arm64']), part('a', ['linux/amd64']), whole), []);
  expect(parts.map(one => [one.platform.platform, one.image.digest])).toEqual([
    ['linux/amd64', digest('a')],
    ['linux/arm64', digest('b')],
  ]);
});

test('only the wanted platforms', () => {
  const both = record(part('a', ['linux/amd64']), part('b', ['linux/arm64']));
  expect(partsOf(both, ['linux/arm64']).map(one => one.platform.platform)).toEqual(['linux/arm64']);
});

test.each([
  ['no part', record(), [], 'PARTS_MISSING'],
  ['a whole image only', record({ ...part('a', ['linux/amd64']), part: undefined }), [], 'PARTS_MISSING'],
  ['a platform is missing', record(part('a', ['linux/amd64'])), ['linux/386'], 'PLATFORM_MISSING'],
  ['built twice', record(part('a', ['linux/amd64']), part('b', ['linux/amd64'])), [], 'PLATFORM_AMBIGUOUS'],
  ['another program', record(part('a', ['linux/amd64']), part('c', ['linux/arm64'])), [], 'PLATFORM_DIFFERS'],
  ['a program less', record(part('a', ['linux/amd64']), part('b', ['linux/arm64'], [])), [], 'PLATFORM_DIFFERS'],
])('%s: an error', (_, given, wanted, code) => {
  expect(() => partsOf(given, wanted)).toThrow(expect.objectContaining({ code }));
});
