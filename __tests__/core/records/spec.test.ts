import { expect, test } from '@jest/globals';
import { parseSpec } from '../../../src/core/records/spec.ts';

test.each([
  ['oci', { kind: 'oci', value: undefined }],
  [{ oci: 'ghcr.io/acme/hello' }, { kind: 'oci', value: 'ghcr.io/acme/hello' }],
  ['{ folder: /srv/records }', { kind: 'folder', value: '/srv/records' }],
  ['git: history', { kind: 'git', value: 'history' }],
  [' folder ', { kind: 'folder', value: undefined }],
])('%j', (given, expected) => expect(parseSpec(given, 'slipway.yml:3')).toEqual(expected));

test.each([['ocl'], [{ oci: '' }], [{ oci: 'a', git: 'b' }], [{ s3: 'x' }], [['oci']], [7], ['{'], [{ folder: 3 }]])(
  '%j is refused with the line and what to write',
  given => {
    const refused = expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('slipway.yml:3'),
      hint: expect.stringContaining('{ folder: /srv/records }'),
    });
    expect(() => parseSpec(given, 'slipway.yml:3')).toThrow(refused);
  },
);

test('a slip of the finger is named', () => expect(() => parseSpec('floder', 'x')).toThrow('did you mean "folder"'));
