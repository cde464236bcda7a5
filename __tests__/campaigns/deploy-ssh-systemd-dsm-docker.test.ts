import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  type Deployed,
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { installDockerOnNas, startDockerOnNas } from '../integration/docker-host.ts';
import { eventually } from '../integration/eventually.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { type GuardedRegistry, guardRegistry } from '../integration/podman-host.ts';
import { pushTinyImage, type TinyImage } from '../integration/tiny-image.ts';
import { verify } from '../integration/verify-health.ts';

jest.setTimeout(60_000);

const directory = '/volume1/slipway/hello';
const live = '/run/slipway-hello';

await describeWith(['fresh:host132', 'go', 'registry'], 'deploy-ssh-systemd: layout dsm, containers by docker', lab => {
  const host = lab['fresh:host132'];
  let folder: string;
  let registry: GuardedRegistry;
  let inputs: Record<string, string>;
  let one: TinyImage;
  let two: TinyImage;
  let broken: TinyImage;
  const sh = (text: string) => onHost(host, 'sh', '-c', text);
  const named = ({ digest }: TinyImage) => ({ image: `${registry.host}/nas/hello@${digest}` });
  const run = (given: Record<string, string>) => deploy({ ...inputs, ...given });
  const states = (done: Deployed) => done.record?.deployments.map(({ state }) => state) ?? done.log;
  const greeting = async () => (await fetchJson(`http://${host.address}:8080/`)).body?.['greeting'];
  const container = () => sh('docker ps --no-trunc --format {{.ID}}');
  const served = async (as: string) => {
    await eventually(async () => expect(await greeting()).toBe(as));
    expect(await leftovers(host, directory)).toBe('');
  };

  beforeAll(async () => {
    registry = await guardRegistry(lab.registry, 'puller', 'pull-secret-2290');
    await installDockerOnNas(host, registry.host);
    folder = await mkdtemp(join(tmpdir(), 'slipway-nas-'));
    const program = await buildHello(lab.go, folder, 'v1.0.0');
    const arch = process.arch === 'x64' ? 'amd64' : process.arch;
    const push = (...env: string[]) => pushTinyImage(lab.registry.url, 'nas/hello', program.path, arch, env);
    one = await push('HELLO_GREETING=one');
    two = await push('HELLO_GREETING=two');
    broken = await push('HELLO_START_CRASH=true');
    inputs = {
      ...(await reach(host)),
      service: 'hello',
      layout: 'dsm',
      runtime: 'container',
      'become-password': host.password!,
      'registry-username': 'puller',
      'registry-password': 'pull-secret-2290',
      'insecure-registries': registry.host,
      'run-as': 'http',
      listen: '8080',
      environment: `HELLO_NOTE=it's "quoted" $HOME`,
      'secret-environment': 'TOKEN=variable-secret-3318',
      'memory-max': '128MiB',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      'min-healthy-time': '300ms',
      'healthy-deadline': '8s',
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await registry[Symbol.asyncDispose]();
    await (await labModule('host')).down({ name: host.name, remove: true });
  });

  test('an image is served, confined, as the user of run-as; the watchdog keeps it, and verify-health proves it', async () => {
    const done = await run(named(one));
    expect(done.log).not.toContain('::error');
    expect(states(done)).toEqual(['healthy']);
    await served('one');
    const pid = await sh("docker container inspect --format '{{.State.Pid}}' slipway-hello");
    const status = await sh(`cat /proc/${pid}/status`);
    for (const row of [/^NoNewPrivs:\t1$/m, /^CapBnd:\t0*$/m]) expect(status).toMatch(row);
    expect(status).toMatch(new RegExp(`^Uid:\t${await sh('id -u http')}\t`, 'm'));
    const environment = await sh(`tr '\\0' '\\n' </proc/${pid}/environ`);
    expect(environment).toContain(`HELLO_NOTE=it's "quoted" $HOME`);
    expect(environment).toContain('TOKEN=variable-secret-3318');
    expect(await sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")).not.toContain('variable-secret');
    expect(await sh(`grep -c '"msg"' ${directory}/log/hello.log`)).not.toBe('0');
    const deployments = done.record!.deployments.map(last => ({ ...last, place: `root@${host.address}:22` }));
    const { 'private-key': key, 'known-hosts': known } = inputs;
    const closed = await verify(
      { 'private-key': key!, 'known-hosts': known!, deadline: '10s' },
      { ...done.record!, deployments },
    );
    expect(closed.log).not.toContain('::error');
    expect(closed.report).toMatchObject({ verdict: 'verified', identity: 'proven' });
  });

  test('again, nothing changes; status names the image', async () => {
    const before = await container();
    expect(states(await run(named(one)))).toEqual(['unchanged']);
    expect(await container()).toBe(before);
    expect((await run({ mode: 'status' })).log).toContain(`, image ${named(one).image}, active (running)`);
  });

  test('another image, a rollback without a registry, a broken one that is taken back', async () => {
    expect(states(await run(named(two)))).toEqual(['healthy']);
    await served('two');
    expect(states(await run({ mode: 'rollback', 'registry-password': 'of another' }))).toEqual(['healthy']);
    await served('one');
    const done = await run(named(broken));
    expect(states(done)).toEqual(['rolled-back']);
    expect(done.log).toContain('exit code 3');
    await served('one');
  });

  test('a client that is killed: the watchdog starts another container, and there is one', async () => {
    const before = await container();
    await sh(`kill -KILL $(sed -n s/^MainPID=//p ${live}/unit)`);
    await eventually(async () => {
      expect(await container()).toMatch(/^\w+$/);
      expect(await container()).not.toBe(before);
    });
    await served('one');
  });

  test('a power cut in the switch: at boot the former image, as soon as docker is there', async () => {
    const running = await startDeploy({ ...inputs, ...named(two), 'min-healthy-time': '4s' });
    await running.logged('switch done');
    running.child.kill('SIGKILL');
    await running.ended;
    await (await labModule('host')).restart(host.name);
    await startDockerOnNas(host);
    await served('one');
    expect(await sh(`tail -n 1 ${directory}/state/history`)).toContain('reverted-reboot');
  });

  test('stopped by the script in rc.d it has no container; removed, nothing of it is left', async () => {
    await sh('/usr/local/etc/rc.d/hello.sh stop');
    expect(await sh('docker ps --all --quiet')).toBe('');
    await sh('/usr/local/etc/rc.d/hello.sh start');
    await served('one');
    expect(states(await run({ mode: 'remove' }))).toEqual(['removed']);
    expect(await sh('docker ps --all --quiet; docker images --all --quiet')).toBe('');
  });
});
