import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import {
  buildPrograms,
  describeImages,
  freshRepository,
  type Ran,
  runImage,
  temporary,
} from './build-multiarch-image.ts';
import { identity, issuer, type Sigstore, startSigstore } from './sigstore.ts';
import { startTimestampAuthority, type TimestampAuthority } from './timestamp-authority.ts';
import { verify } from './verify-health.ts';

const timeout = 120_000;

await describeImages('an image signed by the identity of the job, verified by verify-health', (lab, tools) => {
  const who = { 'certificate-identity': identity, 'certificate-oidc-issuer': issuer };
  let folder: Awaited<ReturnType<typeof temporary>>;
  let sigstore: Sigstore;
  let clock: TimestampAuthority;
  let roots: Record<'log' | 'clock', string>;
  let images: Record<'log' | 'clock', Ran>;
  const recordOf = async ({ outputs }: Ran) => JSON.parse(await readFile(outputs['release']!, 'utf8')) as ReleaseRecord;

  beforeAll(async () => {
    folder = await temporary();
    [sigstore, clock] = await Promise.all([startSigstore(folder.path), startTimestampAuthority(folder.path)]);
    await buildPrograms(folder.path, tools.go, ['linux/amd64']);
    const build = (witness: Record<string, string>) =>
      runImage(
        folder.path,
        {
          images: freshRepository(lab.registry.host),
          release: 'slipway-out/release.json',
          insecure: lab.registry.host,
          provenance: 'true',
          sign: 'keyless',
          'fulcio-url': sigstore.url,
          ...witness,
        },
        { env: sigstore.env },
      );
    images = { log: await build({ 'rekor-url': sigstore.url }), clock: await build({ 'timestamp-url': clock.url }) };
    for (const { code, log } of Object.values(images)) expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    roots = {
      log: await sigstore.trustedRoot('log.json'),
      clock: await sigstore.trustedRoot('clock.json', clock.chain),
    };
  }, 300_000);
  afterAll(async () => {
    await Promise.all([sigstore, clock].map(one => one?.[Symbol.asyncDispose]()));
    await folder?.[Symbol.asyncDispose]();
  });

  const looking = (built: Ran, keys: Record<string, unknown>, deadline = '20s') => ({
    checks: JSON.stringify([{ image: built.outputs['image'], insecure: true, ...keys }]),
    deadline,
    successes: '1',
  });

  test.each(['log', 'clock'] as const)(
    'a check of the image takes provenance and signature, with a %s as witness',
    async witness => {
      const built = images[witness];
      const keys = { attestations: ['provenance', 'signature'], ...who, 'trusted-root': roots[witness] };
      const done = await verify(looking(built, keys));
      expect([done.code, done.outputs['verdict']]).toEqual([0, 'verified']);
      expect(done.report.findings[0].detail).toContain(
        `provenance, signature signed by ${identity} (issuer ${issuer})`,
      );
      const other = await verify(looking(built, { ...keys, 'certificate-identity': 'me@acme.example' }, '2s'));
      expect([other.code, other.report.reasons]).toEqual([1, ['attestation']]);
      expect(other.log).toContain(`${identity} signed it, not me@acme.example`);
    },
    timeout,
  );

  test(
    'the image of a record: attested by the repository’s workflow, and failed for anybody else',
    async () => {
      const record = await recordOf(images.log);
      const inputs = {
        ...looking(images.log, {}),
        'require-attestation': 'keyless',
        'trusted-root': roots.log,
        'predicate-type': 'provenance',
        'insecure-registries': lab.registry.host,
      };
      // What was built besides lies on this machine without a bundle: the image alone is what is shipped.
      const shipped = { ...record, binaries: [], images: record.images.map(one => ({ ...one, platforms: [] })) };
      const done = await verify({ ...inputs, 'source-repository': 'acme/hello' }, shipped);
      expect([done.outputs['verdict'], done.log.match(/::error.*/)?.[0]]).toEqual(['verified', undefined]);
      expect(done.report.findings).toContainEqual(
        expect.objectContaining({
          kind: 'attestation',
          verdict: 'passed',
          evidence: { attestedBy: `https://slsa.dev/provenance/v1 by ${identity} (issuer ${issuer})` },
        }),
      );
      const other = await verify({ ...inputs, 'source-repository': 'acme/other' }, shipped);
      expect([other.code, other.outputs['verdict'], other.report.reasons]).toEqual([1, 'failed', ['attestation']]);
      const unseen = {
        ...shipped,
        images: shipped.images.map(one => ({ ...one, repositories: ['127.0.0.1:1/none'] })),
      };
      const blind = await verify({ ...inputs, 'source-repository': 'acme/hello', deadline: '3s' }, unseen);
      expect([blind.outputs['verdict'], blind.report.reasons]).toEqual(['inconclusive', ['attestation-unseen']]);
    },
    timeout,
  );

  test(
    'a demand without a record, or in mode wait, is an error before anything is asked',
    async () => {
      const keyless = { 'require-attestation': 'keyless', ...who, 'trusted-root': roots.log };
      const wait = await verify({ ...looking(images.log, {}), ...keyless, mode: 'wait' });
      expect(wait.log).toContain('mode: wait looks at checks only [INPUT_INVALID]');
      const none = await verify({ ...looking(images.log, {}), ...keyless });
      expect(none.log).toContain('no record says what was built or deployed [INPUT_INVALID]');
    },
    timeout,
  );
});
