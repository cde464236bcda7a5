import { describe, expect, test } from '@jest/globals';
import { baseFor, parseBases } from '../../src/build-multiarch-image/base-name.ts';

describe('base', () => {
  test('of nothing is scratch', () => expect(parseBases([])).toEqual({ kind: 'scratch' }));

  test('is one for all', () => {
    const base = parseBases(['oci-layout:base:1']);
    expect(base).toMatchObject({ kind: 'layout', folder: 'base', reference: '1' });
    expect(baseFor(base, 'linux/arm/v7')).toBe(base);
  });

  test('may be another for a platform, under any of its names', () => {
    const base = parseBases(['linux/arm=ghcr.io/a/arm:1', 'scratch', 'linux/arm64/v8=oci-layout:x=y']);
    expect(baseFor(base, 'linux/arm/v7')).toMatchObject({ kind: 'registry', text: 'ghcr.io/a/arm:1' });
    expect(baseFor(base, 'linux/arm64')).toMatchObject({ kind: 'layout', folder: 'x=y' });
    expect(baseFor(base, 'linux/amd64')).toEqual({ kind: 'scratch' });
  });

  test('without one for the rest must name every platform', () => {
    const base = parseBases(['linux/arm64=scratch']);
    expect(() => baseFor(base, 'linux/amd64')).toThrow(expect.objectContaining({ code: 'BASE_PLATFORM' }));
  });

  test('a digest in a layout’s name is no platform', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(parseBases([`oci-layout:base@${digest}`])).toMatchObject({ kind: 'layout', reference: digest });
  });
});
