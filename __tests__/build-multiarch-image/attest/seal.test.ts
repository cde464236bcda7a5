import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keySealer, plainSealer } from '../../../src/build-multiarch-image/attest/seal.ts';
import { endpointsFor } from '../../../src/build-multiarch-image/attest/sigstore.ts';
import type { Wanted } from '../../../src/build-multiarch-image/attest/wanted.ts';
import { readSigningKey } from '../../../src/core/attestation/key.ts';
import { statementOn } from '../../../src/core/attestation/statement.ts';
import { artifactNode } from '../../../src/core/oci/artifact.ts';
import { graphOf } from './graph.ts';

const { signal } = new AbortController();
const subject = graphOf().descriptor;
const wanted: Wanted = { predicate: 'provenance', subject, payload: statementOn([subject.digest], 'provenance', {}) };
const other: Wanted = { ...wanted, payload: statementOn([subject.digest], 'provenance', { other: true }) };
const keyOf = () =>
  readSigningKey(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    undefined,
  );

describe('a sealed statement', () => {
  const sealer = keySealer(keyOf());

  test('is made again from its annotations, to the byte', async () => {
    const sealed = await sealer.seal(wanted, signal);
    const again = sealer.again(wanted, sealed.annotations)!;
    expect(artifactNode({ ...again, subject }).descriptor).toEqual(artifactNode({ ...sealed, subject }).descriptor);
    expect(sealer.holds(wanted, sealed.bytes)).toBe(true);
  });

  test('is not, when it is another statement, another key’s, or has no signature', async () => {
    const { annotations, bytes } = await sealer.seal(wanted, signal);
    expect(sealer.again(other, annotations)).toBeUndefined();
    expect(keySealer(keyOf()).again(wanted, annotations)).toBeUndefined();
    expect(sealer.again(wanted, { ...annotations, 'slipway.signature': '' })).toBeUndefined();
    expect(sealer.holds(other, bytes)).toBe(false);
    expect(keySealer(keyOf()).holds(wanted, bytes)).toBe(false);
  });

  test('without a signature it is the statement itself', async () => {
    const plain = plainSealer();
    const { bytes, type } = await plain.seal(wanted, signal);
    expect([bytes, type]).toEqual([wanted.payload, 'application/vnd.in-toto+json']);
    expect([plain.holds(wanted, bytes), plain.holds(other, bytes)]).toEqual([true, false]);
  });

  test('bytes that are no bundle are told', () => {
    expect(() => sealer.holds(wanted, Buffer.from('{}'))).toThrow(
      expect.objectContaining({ code: 'ATTESTATION_INVALID' }),
    );
  });
});

describe('which Sigstore signs', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-sigstore-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const none = { 'fulcio-url': undefined, 'rekor-url': undefined, 'timestamp-url': undefined };
  const env = { ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x', ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'y' };

  test.each([
    ['public', 'https://rekor.sigstore.dev'],
    ['private', undefined],
    ['internal', undefined],
    [undefined, undefined],
  ])('a repository that is %s: log %s', async (visibility, rekor) => {
    const event = join(folder, `${visibility}.json`);
    await writeFile(event, JSON.stringify({ repository: { visibility } }));
    expect((await endpointsFor(none, { ...env, GITHUB_EVENT_PATH: event })).rekor).toBe(rekor);
  });

  test.each([
    ['no identity', none, {}, 'OIDC_MISSING'],
    ['an authority without a witness', { ...none, 'fulcio-url': 'https://f' }, env, 'INPUT_INVALID'],
    ['a log without its authority', { ...none, 'rekor-url': 'https://r' }, env, 'INPUT_INVALID'],
  ])('%s is refused', async (_, inputs, given, code) => {
    await expect(endpointsFor(inputs, given)).rejects.toMatchObject({ code });
  });
});
