import { expect, test } from '@jest/globals';
import { sealerOf } from '../../../src/build-multiarch-image/attest/sealer.ts';
import { definition } from '../../../src/build-multiarch-image/inputs.ts';
import { readInputs } from '../../../src/core/inputs.ts';

const read = (given: Record<string, string>) =>
  readInputs(
    definition.inputs,
    Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
  );

test.each([
  ['nothing is asked', {}, 'application/vnd.in-toto+json'],
  ['statements without a signature', { sbom: 'cyclonedx,spdx', provenance: 'true' }, 'application/vnd.in-toto+json'],
  [
    'a layout instead of a push',
    { provenance: 'true', push: 'false', output: 'oci-layout:x' },
    'application/vnd.in-toto+json',
  ],
  ['none is no format', { sbom: 'none' }, 'application/vnd.in-toto+json'],
])('%s', async (_, given, type) => {
  expect((await sealerOf(read(given), {})).type).toBe(type);
});

test.each([
  ['a key that is none', { sign: 'key', 'signing-key': 'abc' }, 'SIGNING_KEY'],
  ['sign: key without one', { sign: 'key' }, 'INPUT_INVALID'],
  ['a key that nobody uses', { 'signing-key': 'abc' }, 'INPUT_INVALID'],
  ['keyless outside of a job', { sign: 'keyless' }, 'OIDC_MISSING'],
  ['attestations without a push', { push: 'false', provenance: 'true' }, 'INPUT_INVALID'],
  ['attestations into an archive', { push: 'false', sign: 'key', output: 'oci-archive:x.tar' }, 'INPUT_INVALID'],
])('%s is refused', async (_, given, code) => {
  await expect(sealerOf(read(given), {})).rejects.toMatchObject({ code });
});

test.each(['syft', 'none,spdx'])('sbom: %s is refused', sbom => {
  expect(() => read({ sbom })).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
});
