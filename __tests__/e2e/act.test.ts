import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { describeWith } from '../integration/lab.ts';
import { runWorkflow } from './act.ts';
import { command, namespaceOf, removeFolder, repositoryOf, root, servicesOf, temporaryFolder } from './support.ts';

const nodePort = 30471;
const limit = 400_000;
const places = ['registry', 'host:host3', 'cluster', 'peer:act'] as const;

await describeWith(places, 'the five actions in a workflow under act', lab => {
  const host = lab['host:host3'];
  const namespace = namespaceOf(lab.cluster, 'e2e-act');
  let folder: string;
  let record: ReleaseRecord;
  let output: string;
  let artifacts: string;
  let secrets: Record<string, string>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await namespace.create();
    const workflow = await readFile(join(root, '__tests__', 'e2e', 'workflows', 'chain.yml'), 'utf8');
    const repository = await repositoryOf('hello', join(folder, 'repository'), 'v1.2.3', {
      '.github/workflows/chain.yml': () => workflow,
      'kubernetes/service.yaml': text => text.replace(/nodePort: \d+/, `nodePort: ${nodePort}`),
    });
    secrets = {
      SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
      KUBECONFIG: await readFile(lab.cluster.kubeconfig, 'utf8'),
    };
    const onNode = `http://${lab.cluster.nodeAddress}:${nodePort}`;
    const ran = await runWorkflow({
      act: lab['peer:act'],
      folder,
      repository,
      workflow: '.github/workflows/chain.yml',
      variables: {
        IMAGE: `${lab.registry.host}/e2e-act/hello`,
        INSECURE_REGISTRIES: lab.registry.host,
        HOSTS: `${host.user}@${host.address}:${host.port}`,
        KNOWN_HOSTS: await readFile(host.knownHosts, 'utf8'),
        NAMESPACE: namespace.name,
        PROBES: `${onNode}/ 200 within 1s`,
        HEALTH_CHECKS: `http://${host.address}:8471/readyz 200 within 1s\n${onNode}/readyz 200 within 1s`,
      },
      secrets,
      timeout: limit - 30_000,
    });
    ({ output, artifacts } = ran);
    record = JSON.parse(await readFile(join(ran.artifacts, 'verified', 'release.json'), 'utf8'));
  }, limit);

  afterAll(async () => {
    await namespace.remove();
    await (await servicesOf(host)).remove('e2e-act');
    await removeFolder(folder);
  }, 150_000);

  test('the record says verified, and holds what every job added', () => {
    expect(record.verification).toMatchObject({ verdict: 'verified', reasons: [] });
    expect(record.version).toBe('v1.2.3');
    expect(record.binaries.map(one => one.target).sort()).toEqual(['linux/amd64', 'linux/arm64']);
    expect(record.images[0]!.platforms.map(one => one.platform).sort()).toEqual(['linux/amd64', 'linux/arm64']);
    expect(record.deployments.map(one => [one.kind, one.state]).sort()).toEqual([
      ['kubernetes', 'healthy'],
      ['ssh-systemd', 'healthy'],
    ]);
  });

  test('the artifact of the release is whole: the files of both jobs, as the sums say', async () => {
    const said = await command(['sha256sum', '--check', '--strict', 'SHA256SUMS'], { cwd: join(artifacts, 'release') });
    const files = ['amd64', 'arm64'].flatMap(arch => [
      `hello-linux-${arch}.cdx.json`,
      `hello-linux-${arch}`,
      `provenance-linux-${arch}.intoto.json`,
    ]);
    expect(new Set(said.trim().split('\n'))).toEqual(new Set(files.map(file => `${file}: OK`)));
  });

  test('the process on the host is the binary that the matrix job built', async () => {
    const built = record.binaries.find(one => one.target === 'linux/amd64')!;
    expect(await (await servicesOf(host)).runningSha256('e2e-act')).toBe(built.sha256);
  });

  test('every pod runs the image that was pushed', async () => {
    const image = record.images[0]!;
    const digests = [image.digest, ...image.platforms.flatMap(one => [one.digest, one.config])];
    const { imageIds, count } = await namespace.pods();
    expect(count).toBe(2);
    expect(imageIds.map(id => digests.includes(id.split('@').at(-1)!))).toEqual([true, true]);
  });

  test('no secret is in the log', () => {
    const material = Object.values(secrets).flatMap(text => text.match(/[A-Za-z0-9+/=]{40,}/g) ?? []);
    expect(material.length).toBeGreaterThan(3);
    expect(material.filter(part => output.includes(part))).toEqual([]);
  });
});
