import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readRequirement } from '../../src/core/attestation/signer.ts';
import { statementOn } from '../../src/core/attestation/statement.ts';
import { sha256 } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { mustBeAttested } from '../../src/deploy-ssh-systemd/attested.ts';
import { deploy, onHost, reach, runningSha256 } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { signStatement } from './keyless-signing.ts';
import { describeWith, labModule } from './lab.ts';
import { identity, issuer, type Sigstore, startSigstore } from './sigstore.ts';
import { verify } from './verify-health.ts';

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

await describeWith(['fresh:host30', 'go'], 'deploy-ssh-systemd: only what an identity has attested', lab => {
  const host = lab['fresh:host30'];
  const service = 'attested-hello';
  const who = { 'certificate-identity': identity, 'certificate-oidc-issuer': issuer };
  let folder: string;
  let sigstore: Sigstore;
  let inputs: Record<string, string>;
  let record: ReleaseRecord;
  let bundle: string;
  const units = () => onHost(host, 'sh', '-c', `ls /etc/systemd/system | grep ${service}; ls /opt 2>/dev/null; true`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-attested-'));
    sigstore = await startSigstore(folder);
    const { path, sha256: built } = await buildHello(lab.go, folder, 'v1.0.0');
    const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
    record = {
      schema: 'slipway.release/v1',
      name: 'hello',
      version: 'v1.0.0',
      binaries: [{ package: 'hello', target: `linux/${arch}`, path, size: (await stat(path)).size, sha256: built }],
      images: [],
      deployments: [],
    };
    bundle = join(folder, 'provenance.sigstore.json');
    await writeFile(bundle, await signStatement(statementOn([`sha256:${built}`], 'provenance', {}), sigstore));
    inputs = {
      ...(await reach(host)),
      service,
      listen: '8080',
      'require-attestation': 'keyless',
      'trusted-root': await sigstore.trustedRoot('root.json'),
      'predicate-type': 'provenance',
    };
  }, 300_000);
  afterAll(async () => {
    await sigstore?.[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test.each<[string, Record<string, string>, string, string]>([
    [
      'another identity',
      { ...who, 'certificate-identity': 'me@acme.example' },
      'ATTESTATION_MISSING',
      `${identity} signed it, not me@acme.example`,
    ],
    [
      'another issuer',
      { ...who, 'certificate-oidc-issuer': 'https://acme.example' },
      'ATTESTATION_MISSING',
      `is ${issuer}, not https://acme.example`,
    ],
    [
      'another type',
      { ...who, 'predicate-type': 'sbom' },
      'ATTESTATION_MISSING',
      'it is https://slsa.dev/provenance/v1, no sbom',
    ],
    ['no identity', {}, 'INPUT_INVALID', 'nothing says whose identity counts'],
  ])(
    '%s is refused before anything is changed',
    async (_name, more, code, said) => {
      const before = await units();
      const done = await deploy({ ...inputs, ...more }, record);
      expect([done.code, done.log.match(/::error[^\n]*/)?.[0]]).toEqual([1, expect.stringContaining(`[${code}]`)]);
      expect(done.log).toContain(said);
      expect(await units()).toBe(before);
    },
    60_000,
  );

  test('the right one is deployed, the host’s record says who attested it, and verify-health verifies the chain', async () => {
    const done = await deploy({ ...inputs, ...who }, record);
    expect([done.code, done.code === 0 ? '' : done.log]).toEqual([0, '']);
    expect(await runningSha256(host, service)).toBe(record.binaries[0]!.sha256);
    const stored = await onHost(host, 'cat', `/opt/slipway/${service}/current/release.json`);
    expect(stored).toContain(`https://slsa.dev/provenance/v1 by ${identity} (issuer ${issuer})`);

    const { service: _, listen: __, hosts: ___, ...keys } = inputs;
    const verified = await verify({ ...keys, ...who }, done.record!);
    expect([verified.outputs['verdict'], verified.report.identity]).toEqual(['verified', 'proven']);
    expect(verified.report.findings).toContainEqual(
      expect.objectContaining({ kind: 'attestation', verdict: 'passed', detail: expect.stringContaining(identity) }),
    );
    const other = await verify({ ...keys, 'source-repository': 'acme/other' }, done.record!);
    expect([other.code, other.outputs['verdict'], other.report.reasons]).toEqual([1, 'failed', ['attestation']]);
    expect(other.log).toContain(`${identity} signed it, not a workflow of https://github.com/acme/other`);
    await rm(bundle);
    const none = await verify({ ...keys, ...who }, done.record!);
    expect(none.report.findings).toContainEqual(
      expect.objectContaining({
        kind: 'attestation',
        verdict: 'failed',
        detail: expect.stringContaining('there is no bundle on it'),
      }),
    );
  }, 120_000);
});
