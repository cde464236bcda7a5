import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { type RequirementInputs, readRequirement } from '../../../src/core/attestation/signer.ts';
import { readTrustedRoots } from '../../../src/core/attestation/trusted-root.ts';

const key = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
const rawBytes = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'der' })
  .toString('base64');
const since = { validFor: { start: '2020-01-01T00:00:00Z' } };
const log = { logId: { keyId: 'AAAA' }, publicKey: { rawBytes, ...since } };
const root = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  certificateAuthorities: [{ certChain: { certificates: [] } }],
  tlogs: [log],
};

describe('what must be attested', () => {
  test('nothing, where nothing is said', async () => {
    expect(await readRequirement({}, '/')).toBeUndefined();
  });

  test.each<[string | undefined, readonly string[] | undefined]>([
    [undefined, undefined],
    ['provenance', ['https://slsa.dev/provenance/v1']],
    ['sbom', ['https://cyclonedx.org/bom', 'https://spdx.dev/Document']],
    ['https://in-toto.io/attestation/test-result/v0.1', ['https://in-toto.io/attestation/test-result/v0.1']],
  ])('predicate-type %s', async (type, types) => {
    const required = await readRequirement({ 'require-attestation': key, 'predicate-type': type }, '/');
    expect([required?.types, required?.signer.name]).toEqual([types, 'the key']);
  });

  test.each<[string, RequirementInputs, string]>([
    [
      'an identity without a demand',
      { 'source-repository': 'acme/hello' },
      '"source-repository" is given, and nothing uses it',
    ],
    ['a type without a demand', { 'predicate-type': 'sbom' }, '"predicate-type" is given, and nothing uses it'],
    [
      'an identity beside a key',
      { 'require-attestation': key, 'certificate-identity': 'a', 'certificate-oidc-issuer': 'b' },
      '"certificate-identity" is given, and nothing uses it',
    ],
    ['keyless by nobody', { 'require-attestation': 'keyless' }, 'nothing says whose identity counts'],
    [
      'a root that is not there',
      { 'require-attestation': 'keyless', 'source-repository': 'acme/hello', 'trusted-root': 'nowhere.json' },
      'is the path of no file: nowhere.json',
    ],
  ])('%s is refused', async (_name, inputs, said) => {
    await expect(readRequirement(inputs, '/')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(said),
    });
  });
});

describe('a trusted root', () => {
  test('one document, or one a line', async () => {
    const text = JSON.stringify(root);
    expect(await readTrustedRoots(JSON.stringify(root, null, 2), '/')).toHaveLength(1);
    expect(await readTrustedRoots(`${text}\n${text}\n`, '/')).toHaveLength(2);
  });

  test.each<[string, object | string, string]>([
    ['no JSON', '{', 'is no JSON'],
    ['a bundle', { mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json' }, 'is no trusted root'],
    ['no authority', { ...root, certificateAuthorities: [] }, 'names no certificate authority'],
    ['nobody who says when', { ...root, tlogs: [] }, 'neither a transparency log nor a timestamp authority'],
    [
      'a key that is none',
      { ...root, tlogs: [{ ...log, publicKey: { rawBytes: 'AAAA', ...since } }] },
      'cannot be read',
    ],
    [
      'a certificate that is none',
      { ...root, certificateAuthorities: [{ certChain: { certificates: [{ rawBytes: 'AAAA' }] } }] },
      'cannot be read',
    ],
    ['a log without a beginning', { ...root, tlogs: [{ publicKey: {} }] }, 'without the time from which it is valid'],
  ])('%s is refused', async (_name, given, said) => {
    const text = typeof given === 'string' ? given : JSON.stringify(given);
    await expect(readTrustedRoots(text, '/')).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(said),
      hint: expect.stringContaining('cosign trusted-root create'),
    });
  });
});
