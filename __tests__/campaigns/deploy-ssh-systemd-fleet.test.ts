import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { cable } from '../integration/cable.ts';
import {
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  sha256FromOutside,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, type LabHost, labModule } from '../integration/lab.ts';

const directory = '/opt/slipway/hello';
const dropIns = '/etc/systemd/system/hello.service.d';

await describeWith(['fresh:host11', 'fresh:host12', 'fresh:host13', 'go'], 'deploy-ssh-systemd: several hosts', lab => {
  const hosts: readonly LabHost[] = [lab['fresh:host11'], lab['fresh:host12'], lab['fresh:host13']];
  const [first, second, third] = hosts as [LabHost, LabHost, LabHost];
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let inputs: Record<string, string>;

  const place = (host: LabHost) => `${host.user}@${host.address}:${host.port}`;
  const pid = (host: LabHost) => onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'hello');
  const pids = () => Promise.all(hosts.map(pid));
  const serves = async (host: LabHost, version: string, sha256: string) => {
    expect((await fetchJson(`http://${host.address}:8080/version`)).body).toMatchObject({ version });
    expect(await sha256FromOutside(host, await pid(host))).toBe(sha256);
    expect(await leftovers(host, directory)).toBe('');
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    [v1, v2] = [await buildHello(lab.go, folder, 'v1.0.0'), await buildHello(lab.go, folder, 'v2.0.0')];
    const known = await Promise.all(hosts.map(host => readFile(host.knownHosts, 'utf8')));
    inputs = {
      ...(await reach(first)),
      hosts: hosts.map(place).join('\n'),
      'known-hosts': known.join('\n'),
      service: 'hello',
      type: 'notify',
      listen: '8080',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      'min-healthy-time': '2s',
      'healthy-deadline': '8s',
    };
  }, 300_000);
  afterEach(async () => {
    for (const host of hosts) {
      await cable(host, 'up');
      await onHost(host, 'rm', '-rf', dropIns);
    }
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
    const { down } = await labModule('host');
    for (const { name } of hosts) await down({ name, remove: true });
  }, 60_000);

  test('three at once: each is reported, the record has an entry for each', async () => {
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.log).not.toContain('::error');
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true', previous: '' });
    expect(done.record!.deployments.map(one => [one.place, one.state, one.binary])).toEqual(
      hosts.map(host => [place(host), 'healthy', v1.sha256]),
    );
    for (const host of hosts) {
      expect(done.summary).toContain(place(host));
      await serves(host, 'v1.0.0', v1.sha256);
    }
  }, 60_000);

  test('one is not reached: nothing is changed on the others', async () => {
    const before = await pids();
    // nobody listens there
    const elsewhere = inputs['hosts']!.replace(`${second.address}:22`, `${second.address}:2222`);
    const known = `${inputs['known-hosts']}\n${(await readFile(second.knownHosts, 'utf8')).replaceAll(second.address, `[${second.address}]:2222`)}`;
    const given = { ...inputs, hosts: elsewhere, 'known-hosts': known, 'connect-timeout': '2s' };
    const done = await deploy({ ...given, binary: v2.path });
    expect(done.code).toBe(1);
    expect(done.log).toMatch(new RegExp(`${second.address}:2222.*CONNECT_FAILED`));
    expect(done.log).toContain('Nothing was changed on any host');
    expect(done.outputs).toMatchObject({ state: 'failed', changed: 'false' });
    expect(await pids()).toEqual(before);
    for (const host of hosts) await serves(host, 'v1.0.0', v1.sha256);
  }, 120_000);

  test('one is lost, one fails its gate: every one is awaited and told apart', async () => {
    // only here, and only the new release: the one before starts as ever
    const failing = `[Service]\nExecStartPre=/bin/sh -c 'test "$$HELLO_GREETING" != two'\n`;
    await onHost(third, 'sh', '-c', `mkdir -p ${dropIns} && cat >${dropIns}/fail.conf <<'END'\n${failing}END`);
    await onHost(third, 'systemctl', 'daemon-reload');
    const running = await startDeploy({ ...inputs, binary: v2.path, environment: 'HELLO_GREETING=two' });
    await running.logged(`${place(second)}: switch done`);
    await cable(second, 'down');
    const done = await running.ended;
    expect(done.code).toBe(1);
    expect(done.outputs).toMatchObject({ state: 'failed', changed: 'true' });
    const entries = done.record!.deployments;
    expect(entries.map(one => [one.place, one.state])).toEqual([
      [place(first), 'healthy'],
      [place(second), 'failed'],
      [place(third), 'rolled-back'],
    ]);
    expect(entries[0]!.evidence).toMatchObject({ runningSha256: v2.sha256, serving: entries[0]!.release });
    expect(entries[1]!.evidence).not.toHaveProperty('serving');
    expect(entries[2]!.evidence).toMatchObject({ serving: entries[2]!.previous, error: 'GATE_FAILED' });
    expect(done.log).toMatch(/2 of 3 hosts failed: .*HOSTS_FAILED/);
    expect(done.log).toMatch(new RegExp(`${place(second)}: .*whether it was taken back is not known`));
    expect(done.log).toMatch(new RegExp(`${place(third)}: .*did not pass: .*rolled back`));
    for (const host of hosts) expect(done.summary).toContain(place(host));
    await serves(first, 'v2.0.0', v2.sha256);
    await serves(third, 'v1.0.0', v1.sha256);
    // meanwhile the lost one has helped itself
    await cable(second, 'up');
    const until = Date.now() + 20_000;
    while ((await leftovers(second, directory)) !== '' && Date.now() < until) await sleep(500);
    expect(await onHost(second, 'tail', '-n', '1', `${directory}/state/history`)).toContain('reverted-timeout');
    await serves(second, 'v1.0.0', v1.sha256);
  }, 300_000);

  test('all go forward, and all go back: each runs the very bytes', async () => {
    const forward = await deploy({ ...inputs, binary: v2.path, environment: 'HELLO_GREETING=two' });
    expect(forward.log).not.toContain('::error');
    expect(forward.record!.deployments.map(one => one.state)).toEqual(['unchanged', 'healthy', 'healthy']);
    expect(forward.outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    for (const host of hosts) await serves(host, 'v2.0.0', v2.sha256);
    const back = await deploy({ ...inputs, mode: 'rollback' });
    expect(back.log).not.toContain('::error');
    expect(back.record!.deployments.map(one => one.state)).toEqual(['healthy', 'healthy', 'healthy']);
    for (const host of hosts) await serves(host, 'v1.0.0', v1.sha256);
  }, 120_000);
});
