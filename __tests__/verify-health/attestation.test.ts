import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readBundle } from '../../src/core/attestation/bundle.ts';
import { isSignedBy } from '../../src/core/attestation/key.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { subjectsOfRecord, writeAttestation } from '../../src/verify-health/attestation.ts';
import type { Verdict } from '../../src/verify-health/finding.ts';
import { digest, hash, inCluster, onHost, release } from './record.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-vsa-'));
  await writeFile(join(folder, 'release.json'), '{}');
  await writeFile(join(folder, 'verification.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true }));

const at = new Date('2026-11-28T00:00:00Z');
const good: Verdict = { verdict: 'verified', identity: 'proven', reasons: [] };
const write = (record: ReleaseRecord, verdict: Verdict, key?: string) =>
  writeAttestation(
    folder,
    { record, file: join(folder, 'release.json') },
    join(folder, 'verification.json'),
    verdict,
    at,
    key === undefined ? undefined : { key, password: undefined },
  );

test('what was deployed is what it is about, else what was built', () => {
  expect(subjectsOfRecord(release(onHost(), inCluster()))).toEqual([digest('a'), digest('1')]);
  expect(subjectsOfRecord(release())).toEqual([digest('a'), digest('b'), digest('1')]);
});

test('the statement, unsigned', async () => {
  const path = await write(release(onHost()), good);
  const statement = JSON.parse(await readFile(path!, 'utf8'));
  expect(statement).toMatchObject({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ digest: { sha256: hash('a') } }],
    predicateType: 'https://slsa.dev/verification_summary/v1',
    predicate: {
      timeVerified: '2026-11-28T00:00:00.000Z',
      verificationResult: 'PASSED',
      verifiedLevels: ['SLIPWAY_IDENTITY_PROVEN'],
      inputAttestations: [{ digest: { sha256: '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' } }],
    },
  });
});

test('inconclusive has not passed', async () => {
  const verdict: Verdict = { verdict: 'inconclusive', identity: 'unknown', reasons: ['no-access'] };
  const path = await write(release(onHost()), verdict);
  expect(JSON.parse(await readFile(path!, 'utf8')).predicate).toMatchObject({
    verificationResult: 'FAILED',
    verifiedLevels: [],
    slipway: { verdict: 'inconclusive', reasons: ['no-access'] },
  });
});

test('signed: a bundle whose signature is the key’s', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const path = await write(release(onHost()), good, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  expect(path).toMatch(/verification\.sigstore\.json$/);
  const { payload, signature } = readBundle(await readFile(path!), path!);
  expect(isSignedBy(publicKey, payload, signature)).toBe(true);
  expect(JSON.parse(payload.toString()).predicateType).toBe('https://slsa.dev/verification_summary/v1');
});

test('about nothing: none is written', async () => {
  const record = { ...release(), binaries: [], images: [] };
  expect(await write(record, good)).toBeUndefined();
});
