import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { entryName, namesFor, versionName } from '../../../src/core/records/names.ts';
import { tagPattern } from '../../../src/core/registry/reference.ts';
import { sampleEntry } from './samples.ts';

describe('names of versions', () => {
  test.each([
    ['v1.2.3', 'v1.2.3'],
    ['v0.0.0-20260101000000-abcdefabcdef+dirty', 'v0.0.0-20260101000000-abcdefabcdef_2b_dirty'],
    ['../x', '_.._2f_x'],
    ['a_b', 'a_5f_b'],
  ])('%s is kept as %s', (version, name) => expect(versionName(version)).toBe(name));

  test('no two share one, whatever they are, and every name is a tag and a file name', () => {
    const version = fc.oneof(
      fc.string({ minLength: 1, maxLength: 200, unit: 'grapheme' }),
      fc.stringMatching(/^[._a-z0-9-]{1,8}$/),
    );
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(`slipway-release_${versionName(a)}`).toMatch(tagPattern);
        expect(versionName(a)).not.toMatch(/^[.-]/);
        expect(versionName(a) === versionName(b)).toBe(a === b);
      }),
    );
  });
});

describe('names of entries', () => {
  const names = (['staging', 'production'] as const).flatMap(environment =>
    ['v1.0.0', 'v1.1.0'].map(version => entryName(sampleEntry({ version, environment }))),
  );

  test.each([
    [{}, 4],
    [{ version: 'v1.0.0' }, 2],
    [{ environment: 'staging' }, 2],
    [{ version: 'v1.1.0', environment: 'production' }, 1],
    [{ version: 'v9' }, 0],
  ])('%j means %i of four', (filter, found) =>
    expect(namesFor([...names, 'README', 'v1.0.0'], filter)).toHaveLength(found),
  );

  test('the newest is first', () => expect(namesFor(names, {})).toEqual([...names].reverse()));

  test.each(['../x', '', 'a b', 'x'.repeat(81)])('"%s" is no id', id =>
    expect(() => entryName(sampleEntry({ id }))).toThrow(expect.objectContaining({ code: 'ENTRY_INVALID' })),
  );

  test('the longest id makes a tag still', () =>
    expect(`slipway-entry_${entryName(sampleEntry({ id: 'x'.repeat(80) }))}`).toMatch(tagPattern));
});
