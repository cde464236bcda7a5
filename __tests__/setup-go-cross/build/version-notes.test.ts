import { expect, test } from '@jest/globals';
import type { Release } from '../../../src/core/version.ts';
import { assertFit, versionNotes } from '../../../src/setup-go-cross/build/version-notes.ts';

const release = (version: string, source: Release['source'] = 'tag'): Release => ({
  version,
  source,
  commit: 'c0ffee',
  commitTime: undefined,
  changes: [],
  missing: undefined,
});

const cases: { version: string; module: string; says?: string; shallow?: boolean; source?: Release['source'] }[] = [
  { version: 'v1.2.3', module: 'example.com/a' },
  { version: 'v0.1.0', module: 'example.com/a' },
  { version: 'v2.0.0', module: 'example.com/a', says: 'go would call it example.com/a/v2' },
  { version: 'v2.0.0', module: 'example.com/a/v2' },
  { version: 'v3.0.0', module: 'example.com/a/v2', says: 'go would call it example.com/a/v3' },
  { version: 'v1.0.0', module: 'example.com/a/v2', says: 'go would call it example.com/a' },
  { version: 'v3.1.0', module: 'gopkg.in/yaml.v3' },
  { version: 'nightly', module: 'example.com/a', source: 'input' },
  { version: 'v0.0.0-20260101120000-c0ffee', module: 'example.com/a', source: 'pseudo-version' },
  {
    version: 'v0.0.0-20260101120000-c0ffee',
    module: 'example.com/a',
    source: 'pseudo-version',
    shallow: true,
    says: 'fetch-depth: 0',
  },
];
test.each(cases)(
  '$version of $module ($source, shallow: $shallow): $says',
  ({ version, module, says, shallow, source }) => {
    const notes = versionNotes(release(version, source), module, shallow ?? false);
    expect(notes).toHaveLength(says === undefined ? 0 : 1);
    if (says !== undefined) expect(notes[0]).toContain(says);
  },
);

test.each(['v1 $(x)', 'a"b', 'x;y', '-v1', 'a\nb', ''])('the tag "%s" is no version', version => {
  expect(() => assertFit(release(version))).toThrow(expect.objectContaining({ code: 'VERSION_INVALID' }));
});
