import { createHash, createPublicKey } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { extract } from 'tar-stream';
import { judge } from '../../../src/core/attestation/judge.ts';
import { keylessSigner, keySigner } from '../../../src/core/attestation/signer.ts';

/**
 * Sigstore's own suite for verifiers: github.com/sigstore/sigstore-conformance (Apache 2.0),
 * test/assets/bundle-verify at a73de4970176d258e0154c530b89d20b89444e4d, whole. Its README says what each folder holds.
 */
const suite = fileURLToPath(new URL('sigstore-conformance.tar.gz', import.meta.url));
const beacon = 'https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon';
const workflow = `${beacon}/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main`;
const issuer = 'https://token.actions.githubusercontent.com';

/** The public instance’s root, as @sigstore/tuf begins with. */
const { 'https://tuf-repo-cdn.sigstore.dev': seed } = createRequire(import.meta.url)('@sigstore/tuf/seeds.json');
const publicGood = Buffer.from(seed.targets['trusted_root.json'], 'base64').toString('utf8');

const files = new Map<string, Buffer>();
const archive = createReadStream(suite).pipe(createGunzip()).pipe(extract());
for await (const entry of archive) files.set(entry.header.name.replace('bundle-verify/', ''), await buffer(entry));
const cases = [...files.keys()].filter(name => name.endsWith('/bundle.sigstore.json')).map(name => name.split('/')[0]!);

async function attestedBy(name: string): Promise<string | undefined> {
  const file = (of: string) => files.get(`${name}/${of}`);
  const text = (of: string) => file(of)?.toString('utf8').trim();
  const artifact = file('artifact') ?? files.get('a.txt')!;
  const key = text('key.pub');
  const signer =
    key === undefined
      ? await keylessSigner(
          {
            'certificate-identity': text('identity') ?? workflow,
            'certificate-oidc-issuer': text('issuer') ?? issuer,
            'trusted-root': text('trusted_root.json') ?? publicGood,
          },
          '/',
        )
      : keySigner(createPublicKey(key));
  const digest = `sha256:${createHash('sha256').update(artifact).digest('hex')}`;
  const required = { signer, types: undefined, type: 'attestation' };
  const judged = await judge(file('bundle.sigstore.json')!, digest, required, artifact);
  return 'attestedBy' in judged ? judged.attestedBy : undefined;
}

describe('Sigstore’s conformance suite', () => {
  test('is whole', () => expect(cases.length).toBe(70));

  test.each(cases.filter(name => !name.endsWith('_fail')))('%s', async name => {
    const by = name.startsWith('managed-key') ? 'by key ' : `by ${workflow} (issuer ${issuer})`;
    expect(await attestedBy(name)).toContain(by);
  });

  test.each(cases.filter(name => name.endsWith('_fail')))('%s', async name => {
    expect(await attestedBy(name).catch(() => undefined)).toBeUndefined();
  });
});
