import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { parseRecord } from '../../src/core/record/parse.ts';
import { proofsOf } from '../../src/core/report/proofs/index.ts';
import { buildPrograms, describeImages, freshRepository, runImage, temporary } from './build-multiarch-image.ts';
import { need } from './lab.ts';
import { identity, issuer, type Sigstore, startSigstore } from './sigstore.ts';
import { startTimestampAuthority } from './timestamp-authority.ts';

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

  const rekor = () => `url=https://log.test,public-key=${sigstore.log},start-time=2020-01-01T00:00:00Z,origin=log.test`;
  let trusts = 0;
  /** cosign, which trusts the certificate authority and what else is named. */
  async function trusting(...services: readonly string[]) {
    const cosign = await need('peer:cosign');
    const trusted = join(folder.path, `trusted-${trusts++}.json`);
    const env = { ...process.env, HOME: folder.path };
    const fulcio = ['--fulcio', `url=${sigstore.url},certificate-chain=${sigstore.authority}`];
    await run([cosign, 'trusted-root', 'create', ...fulcio, ...services, '--out', trusted], { env, timeout });
    const by = ['--trusted-root', trusted, '--insecure-ignore-sct', '--allow-http-registry'];
    return (what: string, who: string, image: string, ...more: string[]) => {
      const identified = ['--certificate-identity', who, '--certificate-oidc-issuer', issuer];
      return run([cosign, what, ...by, ...identified, ...more, image], { env, timeout });
    };
  }

  /** Every command of the report that asks cosign, as it stands there; only the instance is set up beforehand. */
  async function byHand(record: string) {
    const bin = join(folder.path, 'bin');
    await mkdir(bin, { recursive: true });
    const by = `--trusted-root ${join(folder.path, `trusted-${trusts - 1}.json`)} --insecure-ignore-sct`;
    const cosign = `#!/bin/sh\nexec ${await need('peer:cosign')} "$@" ${by} --allow-http-registry\n`;
    await writeFile(join(bin, 'cosign'), cosign, { mode: 0o755 });
    const all = proofsOf(parseRecord(record, 'release')).flatMap(({ proofs }) => proofs.map(one => one.command));
    const commands = all.filter(one => one.startsWith('cosign '));
    expect(commands).toHaveLength(4);
    const env = { ...process.env, HOME: folder.path, PATH: `${bin}:${process.env['PATH']}` };
    for (const command of commands) await run(['sh', '-euc', command], { env, timeout });
  }

  test(
    'cosign verifies signature and provenance by the authority, the log and the job’s identity',
    async () => {
      const images = freshRepository(lab.registry.host);
      const done = await runImage(folder.path, { ...inputs, images }, { env: sigstore.env });
      expect([done.code, done.log.includes('::error')]).toEqual([0, false]);
      const { attestations } = parseRecord(await readFile(done.outputs['release']!, 'utf8'), 'release').images[0]!;
      // Index and platform, signature each; provenance is one statement for both.
      expect(attestations.map(one => one.signedBy)).toEqual(Array(4).fill('keyless'));
      expect(sigstore.asked.filter(path => path === '/api/v2/signingCert').length).toBe(3);
      const verify = await trusting('--rekor', rekor());
      const image = done.outputs['image']!;
      await verify('verify', identity, image);
      await verify('verify-attestation', identity, image, '--type', 'slsaprovenance1');
      await expect(verify('verify', 'https://github.com/other', image)).rejects.toThrow();
      expect(attestations.map(one => one.identity)).toEqual(Array(4).fill({ subject: identity, issuer }));
      await byHand(await readFile(done.outputs['release']!, 'utf8'));
    },
    timeout,
  );

  test(
    'with a timestamp authority instead of a log, as GitHub signs for private repositories, cosign verifies by its time',
    async () => {
      await using timestamps = await startTimestampAuthority(folder.path);
      const images = freshRepository(lab.registry.host);
      const { 'rekor-url': _, ...others } = inputs;
      const given = { ...others, images, 'timestamp-url': timestamps.url };
      const done = await runImage(folder.path, given, { env: sigstore.env });
      expect(done.log.match(/::error.*/)?.[0]).toBeUndefined();
      expect(timestamps.asked).toEqual(Array(3).fill('/api/v1/timestamp'));
      const byTime = ['--use-signed-timestamps', '--insecure-ignore-tlog'];
      const tsa = (chain: string) => ['--tsa', `url=${timestamps.url},certificate-chain=${chain}`] as const;
      const verify = await trusting(...tsa(timestamps.chain));
      const image = done.outputs['image']!;
      await verify('verify', identity, image, ...byTime);
      await verify('verify-attestation', identity, image, ...byTime, '--type', 'slsaprovenance1');
      // It is this authority's time that counts: another one's is refused.
      await using other = await startTimestampAuthority(folder.path);
      await expect((await trusting(...tsa(other.chain)))('verify', identity, image, ...byTime)).rejects.toThrow();
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
