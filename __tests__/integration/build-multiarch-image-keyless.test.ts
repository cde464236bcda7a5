import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import { buildPrograms, describeImages, freshRepository, runImage, temporary } from './build-multiarch-image.ts';
import { need } from './lab.ts';
import { identity, issuer, type Sigstore, startSigstore } from './sigstore.ts';

const timeout = 120_000;

await describeImages('build-multiarch-image signs by the identity of the job', (lab, tools) => {
  let folder: Awaited<ReturnType<typeof temporary>>;
  let sigstore: Sigstore;
  let inputs: Record<string, string>;
  beforeAll(async () => {
    folder = await temporary();
    sigstore = await startSigstore(folder.path);
    await buildPrograms(folder.path, tools.go, ['linux/amd64']);
    inputs = {
      release: 'slipway-out/release.json',
      insecure: lab.registry.host,
      provenance: 'true',
      sign: 'keyless',
      'fulcio-url': sigstore.url,
      'rekor-url': sigstore.url,
    };
  }, 300_000);
  afterAll(async () => {
    await sigstore?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  test(
    'cosign verifies signature and provenance by the authority, the log and the job’s identity',
    async () => {
      const cosign = await need('peer:cosign');
      const images = freshRepository(lab.registry.host);
      const done = await runImage(folder.path, { ...inputs, images }, { env: sigstore.env });
      expect([done.code, done.log.includes('::error')]).toEqual([0, false]);
      const { attestations } = parseRecord(await readFile(done.outputs['release']!, 'utf8'), 'release').images[0]!;
      // Index and platform, signature each; provenance is one statement for both.
      expect(attestations.map(one => one.signedBy)).toEqual(Array(4).fill('keyless'));
      expect(sigstore.asked.filter(path => path === '/api/v2/signingCert').length).toBe(3);
      const trusted = join(folder.path, 'trusted.json');
      const env = { ...process.env, HOME: folder.path };
      const client = (...argv: string[]) => run([cosign, ...argv], { env, timeout });
      const root = `url=${sigstore.url},certificate-chain=${sigstore.authority}`;
      const start = 'start-time=2020-01-01T00:00:00Z';
      await client(
        ...['trusted-root', 'create', '--fulcio', root, '--out', trusted],
        ...['--rekor', `url=https://log.test,public-key=${sigstore.log},${start},origin=log.test`],
      );
      const by = ['--trusted-root', trusted, '--insecure-ignore-sct', '--allow-http-registry'];
      const who = (name: string) => ['--certificate-identity', name, '--certificate-oidc-issuer', issuer];
      const image = done.outputs['image']!;
      await client('verify', ...by, ...who(identity), image);
      await client('verify-attestation', ...by, ...who(identity), '--type', 'slsaprovenance1', image);
      await expect(client('verify', ...by, ...who('https://github.com/other'), image)).rejects.toThrow();
    },
    timeout,
  );

  test(
    'an authority that refuses is named, and no tag is written',
    async () => {
      const images = freshRepository(lab.registry.host);
      const env = { ...sigstore.env, ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-somebody-else' };
      const done = await runImage(folder.path, { ...inputs, images }, { env });
      expect([done.code, done.log.includes('[SIGNING_FAILED]'), done.log.includes(sigstore.url)]).toEqual([
        1,
        true,
        true,
      ]);
      await expect(run([tools.crane, 'digest', `${images}:v1.2.3`, '--insecure'], { timeout })).rejects.toThrow();
    },
    timeout,
  );
});
