import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import {
  beginWith,
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  runningSha256,
  startDeploy,
} from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';

await describeWith(['fresh:host8', 'go'], 'deploy-ssh-systemd: faults', lab => {
  const host = lab['fresh:host8'];
  const url = `http://${host.address}:8080`;
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let inputs: Record<string, string>;

  const servesV1 = async () => {
    expect(await leftovers(host, directory)).toBe('');
    expect((await fetchJson(`${url}/version`)).body).toMatchObject({ version: 'v1.0.0' });
    expect(await runningSha256(host, 'hello')).toBe(v1.sha256);
  };
  /** Waits for what the host does by itself, and says how long it took. */
  const untilV1 = async (seconds: number) => {
    const from = Date.now();
    while (
      (await fetchJson(`${url}/version`)).body?.['version'] !== 'v1.0.0' ||
      (await leftovers(host, directory)) !== ''
    ) {
      if (Date.now() - from > seconds * 1000)
        throw new Error(`v1 does not serve after ${seconds} s: ${await leftovers(host, directory)}`);
      await sleep(200);
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    [v1, v2] = [await buildHello(lab.go, folder, 'v1.0.0'), await buildHello(lab.go, folder, 'v2.0.0')];
    inputs = {
      ...(await reach(host)),
      service: 'hello',
      type: 'notify',
      listen: '8080',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      'min-healthy-time': '500ms',
      'healthy-deadline': '5s',
    };
  }, 300_000);
  const withV1 = beginWith(host, directory, () => deploy({ ...inputs, 'healthy-deadline': '45s', binary: v1.path }));
  beforeEach(async () => {
    await withV1();
    await servesV1();
  }, 90_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  const broken: [string, Record<string, string>, RegExp, RegExp][] = [
    [
      'exits at once',
      { environment: 'HELLO_START_CRASH=true' },
      /keeps crashing|the service failed/,
      /crashing, as start_crash asks/,
    ],
    [
      'hangs before it is ready',
      { environment: 'HELLO_READY_DELAY=1m' },
      /not up within 5s: the service is activating/,
      /listening/,
    ],
    [
      'falls soon after it was up',
      { environment: 'HELLO_CRASH_AFTER=1s', 'min-healthy-time': '3s' },
      /fell within min-healthy-time/,
      /crashing, as crash_after asks/,
    ],
    [
      'answers, but not as it must',
      { 'health-checks': 'http://127.0.0.1:8080/nowhere 200' },
      /nowhere.*404/,
      /listening/,
    ],
    [
      'listens elsewhere than the check asks',
      { 'health-checks': 'http://127.0.0.1:8081/readyz 200' },
      /refused.*its process listens on port 8080:/s,
      /listening/,
    ],
    [
      'cannot be started as its unit says',
      { 'unit-overrides': 'SupplementaryGroups=nobody-of-this-name' },
      /exit code 216 \(a group/,
      /hello\.service/,
    ],
  ];
  test.each(broken)(
    'a release that %s is taken back',
    async (_name, changes, reason, journal) => {
      const done = await deploy({ ...inputs, binary: v2.path, ...changes });
      expect(done.code).toBe(1);
      expect(done.log).toMatch(reason);
      expect(done.log).toContain('GATE_FAILED');
      expect(done.outputs).toMatchObject({ state: 'rolled-back', changed: 'true' });
      const entry = done.record!.deployments[0]!;
      expect(entry).toMatchObject({ state: 'rolled-back', binary: v2.sha256 });
      expect(entry.previous).not.toBe('');
      expect(entry.evidence).toMatchObject({ serving: entry.previous, downtimeMs: expect.any(Number) });
      expect((entry.evidence['journal'] as string[]).join('\n')).toMatch(journal);
      await servesV1();
    },
    60_000,
  );

  test('a secret that the program prints is not repeated', async () => {
    const environment = `HELLO_GREETING=x\nAPI_TOKEN=very-secret-1234\nHELLO_LISTEN=very-secret-1234`;
    const done = await deploy({ ...inputs, binary: v2.path, environment });
    expect(done.outputs['state']).toBe('rolled-back');
    expect(done.log).toContain('***');
    expect(done.log + done.summary + JSON.stringify(done.record)).not.toContain('very-secret-1234');
  }, 60_000);

  test('a first release that fails leaves nothing running and nothing enabled', async () => {
    const done = await deploy({
      ...inputs,
      service: 'other',
      listen: '8081',
      binary: v2.path,
      environment: 'HELLO_START_CRASH=true',
    });
    expect(done.code).toBe(1);
    expect(done.outputs).toMatchObject({ state: 'failed', changed: 'true' });
    expect(done.log).toContain('the service was stopped and removed');
    expect(await onHost(host, 'systemctl', 'show', '-p', 'LoadState,ActiveState', '--value', 'other')).toBe(
      'not-found\n\ninactive'.replace('\n\n', '\n'),
    );
    expect(
      await onHost(
        host,
        'sh',
        '-c',
        'ls /etc/systemd/system/other.service /etc/systemd/system/*.wants/other.service 2>/dev/null',
      ),
    ).toBe('');
    expect(await leftovers(host, '/opt/slipway/other')).toBe('');
  }, 60_000);

  test('the runner is killed after the switch: the host takes the release back by its timer', async () => {
    const running = await startDeploy({ ...inputs, binary: v2.path, 'min-healthy-time': '4s' });
    await running.logged('switch done');
    while ((await fetchJson(`${url}/version`)).body?.['version'] !== 'v2.0.0') await sleep(20);
    running.child.kill('SIGKILL');
    await running.ended;
    const from = Date.now();
    await untilV1(20);
    // healthy-deadline 5 s and 10 s after it
    expect(Date.now() - from).toBeGreaterThan(8_000);
    await servesV1();
    expect(await onHost(host, 'tail', '-n', '1', `${directory}/state/history`)).toContain('reverted-timeout');
  }, 60_000);

  test('the runner is killed while it uploads: nothing changed, and the next deployment is not hindered', async () => {
    await onHost(host, 'rm', '-f', `${directory}/blobs/${v2.sha256}`);
    const running = await startDeploy({ ...inputs, binary: v2.path });
    await running.logged('lock done');
    running.child.kill('SIGKILL');
    await running.ended;
    await untilV1(5);
    const done = await deploy({ ...inputs, binary: v2.path, 'lock-wait': '10s' });
    expect(done.code).toBe(0);
  }, 60_000);

  test('a deployment after a killed one takes its release back first', async () => {
    const running = await startDeploy({ ...inputs, binary: v2.path, 'min-healthy-time': '4s' });
    await running.logged('switch done');
    running.child.kill('SIGKILL');
    await running.ended;
    const done = await deploy({ ...inputs, binary: v1.path, 'lock-wait': '10s' });
    expect(done.code).toBe(0);
    expect(done.outputs['state']).toBe('unchanged');
    expect(await onHost(host, 'tail', '-n', '1', `${directory}/state/history`)).toContain('reverted-superseded');
    await servesV1();
  }, 60_000);

  test('the run is cancelled: the release is taken back at once', async () => {
    const running = await startDeploy({ ...inputs, binary: v2.path, 'min-healthy-time': '4s' });
    await running.logged('switch done');
    await sleep(500);
    const from = Date.now();
    running.child.kill('SIGINT');
    const done = await running.ended;
    expect(Date.now() - from).toBeLessThan(7_500);
    expect(done.code).toBe(1);
    expect(done.log).toContain('CANCELLED');
    expect(done.outputs).toMatchObject({ state: 'rolled-back' });
    await servesV1();
  }, 60_000);

  test('the host loses its power after the switch: the boot guard takes the release back', async () => {
    const running = await startDeploy({ ...inputs, binary: v2.path, 'min-healthy-time': '4s' });
    await running.logged('switch done');
    await sleep(500);
    running.child.kill('SIGKILL');
    await running.ended;
    await (await labModule('host')).restart(host.name);
    await untilV1(15);
    await servesV1();
    expect(await onHost(host, 'tail', '-n', '1', `${directory}/state/history`)).toContain('reverted-reboot');
  }, 90_000);

  test('the connection is cut during the gate: the run goes on over a new one', async () => {
    const running = await startDeploy({
      ...inputs,
      binary: v2.path,
      'min-healthy-time': '2s',
      'healthy-deadline': '30s',
    });
    await running.logged('switch done');
    await sleep(700);
    const cut = 'for p in /proc/[0-9]*; do grep -aq "^sshd: deploy" $p/cmdline && kill -9 ${p#/proc/} && echo $p; done';
    expect(await onHost(host, 'sh', '-c', cut)).not.toBe('');
    const done = await running.ended;
    expect(done.log).toContain('connecting again');
    expect(done.code).toBe(0);
    expect(await runningSha256(host, 'hello')).toBe(v2.sha256);
  }, 60_000);
});
