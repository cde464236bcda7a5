import { describe, expect, test } from '@jest/globals';
import { parseAnnotations } from '../../src/build-multiarch-image/annotations.ts';
import { parseBase } from '../../src/build-multiarch-image/base-name.ts';
import { checkTarget, programName } from '../../src/build-multiarch-image/binary.ts';
import { epochOf } from '../../src/build-multiarch-image/facts.ts';
import { baseLabels, isoTime, standardLabels } from '../../src/build-multiarch-image/labels.ts';
import { parseTarget } from '../../src/core/target.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('base', () => {
  test.each([
    ['scratch', { kind: 'scratch' }],
    ['ghcr.io/a/b:1', { kind: 'registry', reference: { repository: { host: 'ghcr.io', path: 'a/b' }, tag: '1' } }],
    ['oci-layout:out/image', { kind: 'layout', folder: 'out/image', reference: '' }],
    ['oci-layout:out/image:v1', { kind: 'layout', folder: 'out/image', reference: 'v1' }],
    [`oci-layout:/abs/image@${digest}`, { kind: 'layout', folder: '/abs/image', reference: digest }],
  ])('%s', (text, expected) => expect(parseBase(text)).toMatchObject(expected));

  test.each(['alpine', 'oci-layout:', 'oci-layout:x@sha256:1', 'Scratch'])('refuses %s', text => {
    expect(() => parseBase(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID' }));
  });
});

describe('annotations', () => {
  test('go to their levels', () => {
    expect(parseAnnotations({ a: '1', 'index:b': '2', 'manifest:c:d': '3', 'index,manifest:e': '4' })).toEqual({
      index: { a: '1', b: '2', e: '4' },
      manifest: { a: '1', 'c:d': '3', e: '4' },
    });
  });
  test.each(['manifest[linux/amd64]:a', 'index-descriptor:a'])('refuses the level of %s', key => {
    expect(() => parseAnnotations({ [key]: '1' })).toThrow(expect.objectContaining({ code: 'ANNOTATION_INVALID' }));
  });
});

test.each([
  ['example.com/hello', 'hello'],
  ['example.com/hello/v2', 'hello'],
  ['example.com/hello/cmd/server', 'server'],
  ['v2', 'v2'],
])('the program of %s is %s', (path, name) => expect(programName(path)).toBe(name));

describe('a program is for what it is said to be for', () => {
  test.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm', 'linux/arm/v7'],
    ['linux/arm/v6', 'linux/arm'],
    ['linux/arm64', 'linux/arm64'],
  ])('%s, %s', (said, found) => {
    expect(() => checkTarget('x', parseTarget(said), parseTarget(found))).not.toThrow();
  });
  test.each([
    ['linux/amd64', 'linux/arm64'],
    ['linux/arm/v6', 'linux/arm/v7'],
    ['linux/amd64', 'linux/amd64/v3'],
    ['linux/amd64', 'freebsd/amd64'],
  ])('not %s, %s', (said, found) => {
    expect(() => checkTarget('x', parseTarget(said), parseTarget(found))).toThrow(
      expect.objectContaining({ code: 'BINARY_PLATFORM' }),
    );
  });
});

describe('time', () => {
  test.each([
    ['the commit’s', '2026-01-02T03:04:05+01:00', { SOURCE_DATE_EPOCH: '7' }, 1767319445],
    ['SOURCE_DATE_EPOCH without a commit', undefined, { SOURCE_DATE_EPOCH: '7' }, 7],
    ['zero, never the clock', undefined, {}, 0],
  ])('%s', (_, commitTime, env, expected) => expect(epochOf(commitTime, env)).toBe(expected));

  test('is written without fractions', () => expect(isoTime(1767319445)).toBe('2026-01-02T02:04:05Z'));
});

test('labels say what is known, and nothing else', () => {
  const record = { name: 'hello', version: 'v1.2.3', commit: undefined };
  expect(standardLabels(record, '2026-01-02T02:04:05Z', {})).toEqual({
    'org.opencontainers.image.created': '2026-01-02T02:04:05Z',
    'org.opencontainers.image.title': 'hello',
    'org.opencontainers.image.version': 'v1.2.3',
  });
  const env = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'acme/hello' };
  expect(standardLabels({ ...record, commit: 'c' }, 't', env)).toMatchObject({
    'org.opencontainers.image.revision': 'c',
    'org.opencontainers.image.source': 'https://github.com/acme/hello',
  });
  expect(baseLabels(undefined)).toEqual({});
  expect(baseLabels({ name: 'ghcr.io/a/b:1', digest })).toEqual({
    'org.opencontainers.image.base.name': 'ghcr.io/a/b:1',
    'org.opencontainers.image.base.digest': digest,
  });
});
