import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commandsOf } from '../docs/commands.ts';
import { describeWith } from '../integration/lab.ts';
import { readRecord, runRootAction } from './root-action.ts';
import { shellOf } from './shell.ts';
import { removeFolder, repositoryOf, servicesOf, temporaryFolder } from './support.ts';

const limit = 400_000;

await describeWith(['registry', 'host:host4'], 'the examples ship as they are written', lab => {
  const host = lab['host:host4'];
  const where = `${host.user}@${host.address}:${host.port}`;
  /** Of this run alone: the registry keeps what an earlier one released. */
  const place = `e2e-examples-${randomBytes(4).toString('hex')}`;
  let folder: string;

  beforeAll(async () => {
    folder = await temporaryFolder();
  });
  afterAll(async () => {
    const services = await servicesOf(host);
    for (const name of ['greeter', 'greeter-grpc', 'worker']) await services.remove(name);
    await removeFolder(folder);
  }, 100_000);

  const environment = async (example: string) => ({
    IMAGE: `${lab.registry.host}/${place}/${example}`,
    INSECURE_REGISTRIES: lab.registry.host,
    HOSTS: where,
    STAGING_HOSTS: where,
    PRODUCTION_HOSTS: where,
    KNOWN_HOSTS: await readFile(host.knownHosts, 'utf8'),
    SSH_PRIVATE_KEY: await readFile(host.privateKey, 'utf8'),
    HEALTH_CHECKS: `grpc ${host.address}:9090 service greeter.Greeter within 1s`,
    STAGING_CHECKS: `http://${host.address}:8081/healthz 200 within 1s`,
    PRODUCTION_CHECKS: `http://${host.address}:8082/version 200 within 1s`,
  });

  async function run(example: string) {
    const ran = await runRootAction({
      folder,
      repository: join(folder, example),
      timeout: limit - 20_000,
      env: await environment(example),
    });
    expect([ran.code, ran.code === 0 ? '' : ran.output]).toEqual([0, '']);
    return ran;
  }

  test.each([
    ['grpc', 'greeter-grpc', 'runningSha256'],
    ['worker', 'worker', 'startedSha256'],
  ] as const)(
    'examples/%s: released in one step, verified by what runs',
    async (example, service, sha256) => {
      await repositoryOf(example, join(folder, example), 'v1.0.0');
      const { outputs } = await run(example);
      expect(outputs).toMatchObject({ verdict: 'verified', version: 'v1.0.0', state: 'healthy' });
      const { binaries } = await readRecord(outputs['release']!);
      expect(await (await servicesOf(host))[sha256](service)).toBe(binaries[0]!.sha256);
    },
    limit,
  );

  test(
    'examples/gin: the commands of its page build it once, deploy it to staging, promote it to production',
    async () => {
      const repository = await repositoryOf('gin', join(folder, 'gin'), 'v1.0.0');
      const shell = await shellOf({ folder, repository, env: await environment('gin') });
      for (const command of commandsOf('examples/gin/README.md')) {
        const ran = await shell(command);
        expect([command, ran.code, ran.code === 0 ? '' : ran.stderr]).toEqual([command, 0, '']);
        if (!command.startsWith('slipway build')) expect(ran.stderr).toContain('verdict: verified');
      }
      const answer = await fetch(`http://${host.address}:8082/version`);
      expect(await answer.json()).toMatchObject({
        version: 'v1.0.0',
        revision: expect.stringMatching(/^[0-9a-f]{40}$/),
      });
    },
    limit,
  );
});
