import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startAction } from '../../src/release/start.ts';
import { readRecord, runRootAction, withoutMasks } from '../e2e/root-action.ts';
import {
  namespaceOf,
  removeFolder,
  repositoryOf,
  root,
  runnerEnvironment,
  servicesOf,
  temporaryFolder,
} from '../e2e/support.ts';
import { describeWith } from '../integration/lab.ts';

const nodePort = 30473;
const limit = 400_000;

await describeWith(['registry', 'host:host4', 'cluster'], "the chain ships somebody else's program", lab => {
  const host = lab['host:host4'];
  const namespace = namespaceOf(lab.cluster, 'e2e-podinfo');
  const onHost = `http://${host.address}:9898`;
  const onNode = `http://${lab.cluster.nodeAddress}:${nodePort}`;
  const checks = `${onHost}/readyz 200 within 1s\n${onNode}/readyz 200 within 1s`;
  let folder: string;
  let repository: string;
  let env: Record<string, string>;
  let ran: Awaited<ReturnType<typeof runRootAction>>;

  beforeAll(async () => {
    folder = await temporaryFolder();
    await namespace.create();
    repository = await repositoryOf('podinfo', join(folder, 'repository'), 'v6.9.2', {
      'slipway.yml': text =>
        text
          .replace('service: podinfo', 'service: e2e-podinfo')
          .replace('step-duration: 10s', 'step-duration: 3s\n    warm-up: 0s'),
      'kubernetes/service.yaml': text => text.replace(/nodePort: \d+/, `nodePort: ${nodePort}`),
    });
    env = {
      IMAGE: `${lab.registry.host}/e2e-podinfo/podinfo`,
      INSECURE_REGISTRIES: lab.registry.host,
      HOSTS: `${host.user}@${host.address}:${host.port}`,
      KNOWN_HOSTS: await readFile(host.knownHosts, 'utf8'),
      SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
      KUBECONFIG_TEXT: await readFile(lab.cluster.kubeconfig, 'utf8'),
      NAMESPACE: namespace.name,
      PROBES: `${onNode}/version 200 within 1s`,
      HEALTH_CHECKS: checks,
    };
    ran = await runRootAction({ folder, repository, env, timeout: limit - 20_000 });
  }, limit);

  afterAll(async () => {
    await namespace.remove();
    await (await servicesOf(host)).remove('e2e-podinfo');
    await removeFolder(folder);
  }, 150_000);

  test('the verdict is verified, and what runs is what was built from the other module', async () => {
    expect([ran.code, ran.output]).toEqual([0, expect.stringContaining('verdict: verified')]);
    const record = await readRecord(ran.outputs['release']!);
    expect(record.verification).toMatchObject({ verdict: 'verified', reasons: [] });
    expect(record.binaries).toMatchObject([
      { package: 'github.com/stefanprodan/podinfo/cmd/podinfo', target: 'linux/amd64' },
    ]);
    expect(await (await servicesOf(host)).runningSha256('e2e-podinfo')).toBe(record.binaries[0]!.sha256);
    const digests = record.images.flatMap(one => [
      one.digest,
      ...one.platforms.flatMap(two => [two.digest, two.config]),
    ]);
    const { imageIds, count } = await namespace.pods();
    expect(imageIds.map(id => digests.includes(id.split('@').at(-1)!))).toEqual(Array(count).fill(true));
    expect(count).toBe(2);
  });

  /** verify-health as a step of its own, at any later time: only the record and the checks. */
  async function verify() {
    let output = '';
    const done = await startAction('verify-health', {
      dist: join(root, 'dist'),
      env: { ...runnerEnvironment(), GITHUB_ACTIONS: 'true', RUNNER_TEMP: folder, HOME: folder },
      inputs: {
        release: ran.outputs['release']!,
        checks,
        'private-key': env['SSH_PRIVATE_KEY']!,
        'known-hosts': env['KNOWN_HOSTS']!,
        kubeconfig: env['KUBECONFIG_TEXT']!,
        deadline: '8s',
        'working-directory': repository,
        summary: 'false',
      },
      onOutput: chunk => {
        output += chunk;
      },
    });
    return { ...done, output: withoutMasks(output), record: await readRecord(ran.outputs['release']!) };
  }

  test('a service that says it is not ready is no longer verified, though the same bytes run', async () => {
    expect((await fetch(`${onHost}/readyz/disable`, { method: 'POST' })).status).toBe(202);
    const unready = await verify();
    expect([unready.code, unready.outputs['verdict'], unready.output]).toEqual([1, 'failed', expect.any(String)]);
    expect(unready.record.verification).toMatchObject({ verdict: 'failed', reasons: ['status'] });
    const failed = unready.record.verification!.checks.filter(one => one.verdict === 'failed');
    expect(failed).toEqual([expect.objectContaining({ name: expect.stringContaining(`${onHost}/readyz`) })]);
    expect(unready.output).toContain('503');
    expect(await (await servicesOf(host)).runningSha256('e2e-podinfo')).toBe(unready.record.binaries[0]!.sha256);

    expect((await fetch(`${onHost}/readyz/enable`, { method: 'POST' })).status).toBe(202);
    const again = await verify();
    expect([again.code, again.record.verification!.verdict]).toEqual([0, 'verified']);
  }, 60_000);
});
