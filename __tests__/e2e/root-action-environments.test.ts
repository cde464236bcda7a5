import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../integration/lab.ts';
import { readRecord, runRootAction } from './root-action.ts';
import { command, removeFolder, repositoryOf, servicesOf, temporaryFolder } from './support.ts';

const ports = { staging: 8473, production: 8474 };
const environment = (name: keyof typeof ports) => `  ${name}:
    url: http://${name}.example.com
${name === 'production' ? '    require: [tagged, clean, sbom, health-gate, { verified-in: staging }]\n' : ''}    deploy:
      - name: hosts
        service: e2e-${name}
        environment: { HELLO_LISTEN: ":${ports[name]}" }
        health-checks: http://127.0.0.1:${ports[name]}/readyz 200 within 1s
    verify: { checks: "http://ADDRESS:${ports[name]}/readyz 200 within 1s" }
`;

await describeWith(
  ['registry', 'host:host4'],
  'the root action over environments, with records in the registry',
  lab => {
    const host = lab['host:host4'];
    /** Of this run alone: the registry keeps what an earlier one released. */
    const place = `e2e-environments-${randomBytes(4).toString('hex')}`;
    let folder: string;
    let repository: string;
    const slipway = `records: oci
build: { targets: linux/amd64 }
image: { images: { env: IMAGE }, insecure: { env: INSECURE_REGISTRIES } }
deploy:
  - kind: deploy-ssh-systemd
    name: hosts
    hosts: { env: HOSTS }
    known-hosts: { env: KNOWN_HOSTS }
    private-key: { env: SSH_PRIVATE_KEY }
    min-healthy-time: 0s
verify:
  known-hosts: { env: KNOWN_HOSTS }
  private-key: { env: SSH_PRIVATE_KEY }
  hold: 0s
environments:
${environment('staging')}${environment('production')}`.replaceAll('ADDRESS', host.address);

    beforeAll(async () => {
      folder = await temporaryFolder();
      repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.0.0', { 'slipway.yml': () => slipway });
    });
    afterAll(async () => {
      const services = await servicesOf(host);
      for (const name of Object.keys(ports)) await services.remove(`e2e-${name}`);
      await removeFolder(folder);
    }, 60_000);

    const run = async (inputs: Record<string, string>) => {
      await rm(join(repository, 'slipway-out'), { recursive: true, force: true }); // each job has a fresh checkout
      return runRootAction({
        folder,
        repository,
        timeout: 120_000,
        env: {
          IMAGE: `${lab.registry.host}/${place}/hello`,
          INSECURE_REGISTRIES: lab.registry.host,
          HOSTS: `${host.user}@${host.address}:${host.port}`,
          KNOWN_HOSTS: await readFile(host.knownHosts, 'utf8'),
          SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
          ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
        },
      });
    };
    const version = async (name: keyof typeof ports) =>
      fetch(`http://${host.address}:${ports[name]}/version`).then(
        async answer => ((await answer.json()) as { version: string }).version,
        () => undefined,
      );
    const nextCommit = async (tag: string) => {
      const git = (...argv: string[]) =>
        command(['git', '-C', repository, '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com', ...argv]);
      await git('commit', '-q', '--allow-empty', '-m', tag);
      await git('tag', tag);
    };
    const release = async (tag: string) => {
      const built = await run({ mode: 'build' });
      expect([built.code, built.code === 0 ? '' : built.output]).toEqual([0, '']);
      expect(built.outputs).toMatchObject({
        version: tag,
        changed: 'false',
        digest: expect.stringMatching(/^sha256:/),
      });
    };

    test('build keeps the release; what is not verified in staging is refused by production before it is touched', async () => {
      await release('v1.0.0');
      const refused = await run({ mode: 'deploy', environment: 'production', version: 'v1.0.0' });
      expect([refused.code, refused.output]).toEqual([
        1,
        expect.stringContaining(
          'may not go to production: verified-in: staging (no record of staging calls it verified)',
        ),
      ]);
      expect(refused.summary).toContain('| ✗ required | `verified-in: staging` |');
      expect(refused.summary).toContain('| ✓ | `sbom` |');
      expect(await version('production')).toBeUndefined();
    }, 240_000);

    test('deploy to staging, promote to production: the same bytes, and both are proven', async () => {
      const staged = await run({ mode: 'deploy', environment: 'staging' });
      expect([staged.code, staged.outputs['verdict'], staged.code === 0 ? '' : staged.output]).toEqual([
        0,
        'verified',
        '',
      ]);
      const promoted = await run({ mode: 'promote', environment: 'production' });
      expect([promoted.code, promoted.outputs['verdict'], promoted.code === 0 ? '' : promoted.output]).toEqual([
        0,
        'verified',
        '',
      ]);
      const built = (await readRecord(promoted.outputs['release']!)).binaries[0]!.sha256;
      const services = await servicesOf(host);
      expect(await services.runningSha256('e2e-staging')).toBe(built);
      expect(await services.runningSha256('e2e-production')).toBe(built);
    }, 120_000);

    test('rollback to a kept version, although the hosts have a newer one and the checkout, too', async () => {
      await nextCommit('v1.1.0');
      await release('v1.1.0');
      expect((await run({ mode: 'deploy', environment: 'staging' })).outputs).toMatchObject({
        version: 'v1.1.0',
        verdict: 'verified',
      });
      expect(await version('staging')).toBe('v1.1.0');
      // the checkout is v1.1.0, too: version and report are those of what serves
      const before = await run({ mode: 'rollback', environment: 'staging' });
      expect(before.outputs).toMatchObject({ version: 'v1.0.0', changed: 'true' });
      expect(await readFile(before.outputs['report']!, 'utf8')).toContain('<h1>hello v1.0.0</h1>');
      await run({ mode: 'deploy', environment: 'staging', version: 'v1.1.0' });
      expect(await version('staging')).toBe('v1.1.0');
      const back = await run({ mode: 'rollback', environment: 'staging', version: 'v1.0.0' });
      expect(back.outputs).toMatchObject({ version: 'v1.0.0', verdict: 'verified', changed: 'true' });
      expect(await version('staging')).toBe('v1.0.0');
    }, 240_000);

    test('audit is green while the last record holds, and red when something else runs', async () => {
      const good = await run({ mode: 'audit', environment: 'production' });
      expect([good.code, good.code === 0 ? '' : good.output]).toEqual([0, '']);
      await nextCommit('v1.2.0');
      const elsewhere = await run({ mode: 'release', environment: 'production', records: 'folder' }).then(
        one => one.output,
      );
      expect(elsewhere).toContain('may not go to production'); // another folder of records knows nothing of staging
      const drift = await run({ mode: 'rollback', environment: 'staging', records: 'folder' });
      expect([drift.code, drift.code === 0 ? '' : drift.output]).toEqual([0, '']);
      expect(await version('staging')).toBe('v1.1.0');
      const bad = await run({ mode: 'audit', environment: 'staging' });
      expect([bad.code, bad.output]).toEqual([1, expect.stringContaining('e2e-staging')]);
    }, 240_000);
  },
);
