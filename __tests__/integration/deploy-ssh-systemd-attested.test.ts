import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRequirement } from '../../src/core/attestation/signer.ts';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import { mustBeAttested } from '../../src/deploy-ssh-systemd/attested.ts';
import { describeWith } from './lab.ts';

await describeWith('peer:cosign', 'deploy-ssh-systemd: what cosign attests counts', lab => {
  let folder: string;
  const cosign = (...argv: string[]) =>
    run([lab['peer:cosign'], ...argv], {
      cwd: folder,
      env: { ...process.env, COSIGN_PASSWORD: 'x', HOME: folder },
      timeout: 30_000,
    });
  const offline = ['--key', 'cosign.key', '--tlog-upload=false', '--use-signing-config=false', '--yes', '--bundle'];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-cosign-'));
    await cosign('generate-key-pair');
    await writeFile(join(folder, 'predicate.json'), '{"buildDefinition":{},"runDetails":{}}');
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true }));

  test.each([
    [
      'attest-blob',
      ['--predicate', 'predicate.json', '--type', 'slsaprovenance1'],
      'https://slsa.dev/provenance/v1 by key',
    ],
    ['sign-blob', [], 'signature by key'],
  ])('%s', async (verb, more, attestedBy) => {
    const path = join(folder, verb);
    await writeFile(path, verb);
    const artifact = { path, target: { os: 'linux', arch: 'amd64' }, sha256: sha256(verb), size: verb.length };
    const required = (await readRequirement({ 'require-attestation': 'cosign.pub' }, folder))!;
    await expect(mustBeAttested([artifact], required)).rejects.toMatchObject({ code: 'ATTESTATION_MISSING' });
    await cosign(verb, ...offline, `${verb}.sigstore.json`, ...more, path);
    expect(await mustBeAttested([artifact], required)).toMatchObject([
      { attestedBy: expect.stringContaining(attestedBy) },
    ]);
  });
});
