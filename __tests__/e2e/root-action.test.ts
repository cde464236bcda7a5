import { generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWith } from '../integration/lab.ts';
import { runByHand } from './by-hand.ts';
import { readRecord, runRootAction } from './root-action.ts';
import { namespaceOf, removeFolder, repositoryOf, servicesOf, temporaryFolder } from './support.ts';

const nodePort = 30472;
const limit = 300_000;

const components = ['registry', 'host:host4', 'cluster', 'go', 'peer:crane', 'peer:cosign', 'package:jq'] as const;
const signing = generateKeyPairSync('ec', { namedCurve: 'P-256' });

await describeWith(components, 'the root action runs the chain of slipway.yml', lab => {
  const host = lab['host:host4'];
  const namespace = namespaceOf(lab.cluster, 'e2e-root');
  let folder: string;
  let ran: Awaited<ReturnType<typeof runRootAction>>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await namespace.create();
    const repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.0.1', {
      'slipway.yml': text =>
        text
          .replace(
            'image:\n',
            'image:\n  sbom: [cyclonedx, spdx]\n  provenance: true\n  sign: key\n  signing-key: { env: SIGNING_KEY }\n',
          )
          .replace('service: hello', 'service: e2e-root\n    environment: { HELLO_LISTEN: ":8472" }')
          .replace('127.0.0.1:8080', '127.0.0.1:8472')
          .replace('step-duration: 10s', 'step-duration: 3s\n    warm-up: 0s'),
      'kubernetes/service.yaml': text => text.replace(/nodePort: \d+/, `nodePort: ${nodePort}`),
    });
    const onNode = `http://${lab.cluster.nodeAddress}:${nodePort}`;
    ran = await runRootAction({
      folder,
      repository,
      timeout: limit - 20_000,
      env: {
        IMAGE: `${lab.registry.host}/e2e-root/hello`,
        SIGNING_KEY: signing.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        INSECURE_REGISTRIES: lab.registry.host,
        HOSTS: `${host.user}@${host.address}:${host.port}`,
        KNOWN_HOSTS: await readFile(host.knownHosts, 'utf8'),
        SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
        KUBECONFIG_TEXT: await readFile(lab.cluster.kubeconfig, 'utf8'),
        NAMESPACE: namespace.name,
        PROBES: `${onNode}/ 200 within 1s`,
        HEALTH_CHECKS: `http://${host.address}:8472/readyz 200 within 1s\n${onNode}/readyz 200 within 1s`,
      },
    });
  }, limit);

  afterAll(async () => {
    await namespace.remove();
    await (await servicesOf(host)).remove('e2e-root');
    await removeFolder(folder);
  }, 150_000);

  test('it ends with the verdict verified, and so says the record', async () => {
    expect([ran.code, ran.output]).toEqual([0, expect.stringContaining('verdict: verified')]);
    expect(ran.outputs['verdict']).toBe('verified');
    const record = await readRecord(ran.outputs['release']!);
    expect(record).toMatchObject({ version: 'v1.0.1', verification: { verdict: 'verified', reasons: [] } });
    expect(record.deployments.map(one => one.state)).toEqual(['healthy', 'healthy']);
  });

  test('what runs is what was built', async () => {
    const record = await readRecord(ran.outputs['release']!);
    const built = record.binaries.find(one => one.target === 'linux/amd64')!;
    expect(await (await servicesOf(host)).runningSha256('e2e-root')).toBe(built.sha256);
    const answer = await fetch(`http://${host.address}:8472/version`);
    expect(await answer.json()).toMatchObject({ version: 'v1.0.1' });
  });

  test('every claim of the report is checked by hand, with its own commands', async () => {
    const record = await readRecord(ran.outputs['release']!);
    await writeFile(join(folder, 'cosign.pub'), signing.publicKey.export({ type: 'spki', format: 'pem' }));
    const checked = await runByHand(record, {
      folder,
      repository: join(folder, 'repository'),
      record: dirname(ran.outputs['release']!),
      go: lab.go,
      crane: lab['peer:crane'],
      cosign: lab['peer:cosign'],
      host,
      cluster: lab.cluster,
    });
    expect(checked.filter(({ code, missing }) => code !== 0 || missing.length > 0)).toEqual([]);
    const titles = [
      'Commit and toolchain',
      'Binaries',
      expect.stringMatching(/^Image /),
      'Hosts',
      'Clusters',
      'Health',
    ];
    expect([...new Set(checked.map(({ title }) => title))]).toEqual(titles);
  }, 120_000);

  test('the report and the summary show every link', async () => {
    const page = await readFile(ran.outputs['report']!, 'utf8');
    for (const link of [
      'setup-go-cross',
      'build-multiarch-image',
      'deploy-ssh-systemd',
      'deploy-k8s-canary',
      'verify-health',
    ]) {
      expect(page).toContain(link);
      expect(ran.summary).toContain(link);
    }
    for (const drawn of ['Steps of e2e-root', 'Evidence, as powers of ten', 'Availability of http'])
      expect(page).toContain(drawn);
    expect(ran.summary).toMatch(/^## `hello` `v1\.0\.1`: ✅ verified$/m);
  });
});
