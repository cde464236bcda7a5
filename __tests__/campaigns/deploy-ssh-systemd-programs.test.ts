import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { appendFile, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { sha256File } from '../../src/core/files.ts';
import { run } from '../../src/core/process.ts';
import {
  beginWith,
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  sha256FromOutside,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';

const directory = '/opt/slipway/hello';
const dropIns = '/etc/systemd/system/hello.service.d';

/** Answers on its port, and does not care to be ended. */
const stubbornSource = `package main

import (
	"net/http"
	"os/signal"
	"syscall"
)

func main() {
	signal.Ignore(syscall.SIGTERM)
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(\`{"version":"stubborn"}\`)) })
	panic(http.ListenAndServe(":8080", nil))
}
`;

await describeWith(['fresh:host14', 'go'], 'deploy-ssh-systemd: programs', lab => {
  const host = lab['fresh:host14'];
  const url = `http://${host.address}:8080`;
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let inputs: Record<string, string>;

  const pid = () => onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'hello');
  const serves = async (version: string, sha256: string) => {
    expect((await fetchJson(`${url}/version`)).body).toMatchObject({ version });
    expect(await sha256FromOutside(host, await pid())).toBe(sha256);
    expect(await leftovers(host, directory)).toBe('');
  };
  const nothingOf = async (service: string, port: number) => {
    const state = 'LoadState,ActiveState,MainPID';
    expect(await onHost(host, 'systemctl', 'show', '-p', state, '--value', service)).toBe('0\nnot-found\ninactive');
    const there = `find /etc/systemd /run/systemd/system /run/systemd/transient -name '*${service}.service' -o -name 'slipway-${service}-*'; ls -d /opt/slipway/${service}/current 2>/dev/null; true`;
    expect(await onHost(host, 'sh', '-c', there)).toBe('');
    expect(await fetchJson(`http://${host.address}:${port}/`)).toEqual({ error: 'ECONNREFUSED' });
    expect(await leftovers(host, `/opt/slipway/${service}`)).toBe('');
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
    await onHost(host, 'sh', '-c', `[ ! -e ${dropIns} ] || { rm -r ${dropIns} && systemctl daemon-reload; }`);
    await withV1();
    await serves('v1.0.0', v1.sha256);
  }, 90_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('root without sudo: deploys and goes back', async () => {
    const asRoot = { ...inputs, hosts: `root@${host.address}`, become: 'none' };
    await onHost(host, 'sh', '-c', 'mkdir /root/off; mv /usr/bin/sudo /root/off/');
    try {
      const done = await deploy({ ...asRoot, binary: v2.path });
      expect(done.log).not.toContain('::error');
      expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true' });
      await serves('v2.0.0', v2.sha256);
      expect((await deploy({ ...asRoot, mode: 'rollback' })).outputs['state']).toBe('healthy');
      await serves('v1.0.0', v1.sha256);
    } finally {
      await onHost(host, 'sh', '-c', 'mv /root/off/sudo /usr/bin/; rmdir /root/off');
    }
  }, 60_000);

  test.each([1 / 2, 0.999])(
    'a binary of which only a part is there (%d of it) is refused',
    async part => {
      const path = join(folder, 'cut');
      const bytes = await readFile(v2.path);
      await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * part)));
      const before = await pid();
      const done = await deploy({ ...inputs, binary: path });
      expect(done.log).toMatch(/cut is cut off.*BINARY_TRUNCATED/);
      expect(done.code).toBe(1);
      expect(await pid()).toBe(before);
      await serves('v1.0.0', v1.sha256);
    },
    60_000,
  );

  test('a binary whose code is damaged is taken back; as a first release it leaves nothing', async () => {
    const path = join(folder, 'damaged');
    const bytes = await readFile(v2.path);
    // headers and build information stay: it looks like a program for this machine
    await writeFile(path, bytes.fill(0, 4096, Math.floor(bytes.length / 3)));
    const done = await deploy({ ...inputs, binary: path });
    expect(done.log).toMatch(/(killed by signal|exit code [1-9]).*rolled back.*GATE_FAILED/);
    expect(done.outputs).toMatchObject({ state: 'rolled-back', changed: 'true' });
    await serves('v1.0.0', v1.sha256);
    const first = await deploy({ ...inputs, binary: path, service: 'first', listen: '8081' });
    expect(first.outputs).toMatchObject({ state: 'failed', changed: 'true', previous: '' });
    expect(first.log).toMatch(/the service was stopped and removed.*GATE_FAILED/);
    expect(first.record!.deployments).toMatchObject([
      { service: 'first', state: 'failed', previous: '', evidence: { serving: '' } },
    ]);
    await nothingOf('first', 8081);
  }, 60_000);

  test.each([
    ['crashes at once', 'HELLO_START_CRASH=true', '500ms'],
    ['crashes after a while', 'HELLO_CRASH_AFTER=1s', '3s'],
  ])(
    'how a release that %s has ended is told',
    async (_name, environment, hold) => {
      const done = await deploy({ ...inputs, binary: v2.path, environment, 'min-healthy-time': hold });
      expect(done.log).toMatch(/did not pass: .*exit code 3.*GATE_FAILED/);
      expect(done.log).not.toContain('exit code 0');
      expect(done.record!.deployments).toMatchObject([{ evidence: { exit: 'exit code 3' } }]);
      expect(done.log).toContain('status=3');
      const back = await pid();
      await serves('v1.0.0', v1.sha256);
      await sleep(1000);
      expect(await pid()).toBe(back); // what was said to serve is not restarted once more
    },
    60_000,
  );

  test('a first release that cannot start leaves no unit and no listener', async () => {
    const changes = { service: 'first', listen: '8081', 'unit-overrides': 'SupplementaryGroups=nobody-of-this-name' };
    const done = await deploy({ ...inputs, ...changes, binary: v2.path });
    expect(done.code).toBe(1);
    expect(done.outputs).toMatchObject({ state: 'failed', previous: '' });
    await nothingOf('first', 8081);
  }, 60_000);

  test('a first release that listens, but is not healthy, leaves no unit and no listener', async () => {
    const changes = {
      service: 'first',
      listen: '8081',
      environment: 'HELLO_LISTEN=:8081',
      'health-checks': 'http://127.0.0.1:8081/nowhere 200',
    };
    const running = await startDeploy({ ...inputs, ...changes, binary: v2.path });
    await running.logged('switch done');
    while ((await fetchJson(`http://${host.address}:8081/version`)).error !== undefined) await sleep(50);
    const done = await running.ended;
    expect(done.outputs).toMatchObject({ state: 'failed', previous: '' });
    await nothingOf('first', 8081);
  }, 60_000);

  test('the host loses its power during a first release: it boots without it', async () => {
    const changes = { service: 'first', listen: '8081', environment: 'HELLO_LISTEN=:8081', 'min-healthy-time': '4s' };
    const running = await startDeploy({ ...inputs, ...changes, 'health-checks': '', binary: v2.path });
    await running.logged('switch done');
    while ((await fetchJson(`http://${host.address}:8081/version`)).error !== undefined) await sleep(20);
    running.child.kill('SIGKILL');
    await running.ended;
    await (await labModule('host')).restart(host.name);
    const history = () => onHost(host, 'tail', '-n', '1', '/opt/slipway/first/state/history');
    for (let tries = 0; tries < 40 && !(await history()).includes('reverted-reboot'); tries++) await sleep(250);
    expect(await history()).toContain('reverted-reboot');
    await nothingOf('first', 8081);
    for (let tries = 0; tries < 40 && (await fetchJson(`${url}/version`)).error !== undefined; tries++)
      await sleep(250);
    await serves('v1.0.0', v1.sha256);
  }, 240_000);

  test('a switch that cannot begin changes nothing, and says so', async () => {
    const inTheWay = `${directory}/state/guard.unit`;
    // the boot guard is written only where there is none like it
    const guard = '/etc/systemd/system/slipway-guard-hello.service';
    await onHost(host, 'sh', '-c', `rm ${guard} ${inTheWay} && mkdir ${inTheWay}`);
    const before = await pid();
    const done = await deploy({ ...inputs, binary: v2.path });
    await onHost(host, 'rmdir', inTheWay);
    expect(done.log).toMatch(/switch could not be started: installing .*; nothing was switched.*SWITCH_FAILED/);
    expect(done.outputs).toMatchObject({ state: 'failed', changed: 'false' });
    const [entry] = done.record!.deployments;
    expect(entry!.evidence).toMatchObject({ serving: entry!.previous, error: 'SWITCH_FAILED' });
    expect(await pid()).toBe(before);
    await serves('v1.0.0', v1.sha256);
  }, 60_000);

  test('a slow start counts when it ends before the deadline, and not when it ends after', async () => {
    const slow = { ...inputs, binary: v2.path, environment: 'HELLO_READY_DELAY=3s' };
    const above = await deploy({ ...slow, 'healthy-deadline': '2500ms' });
    expect(above.outputs['state']).toBe('rolled-back');
    expect(above.log).toMatch(/not up within 2\.5 ?s/);
    await serves('v1.0.0', v1.sha256);
    const below = await deploy({ ...slow, 'healthy-deadline': '10s' });
    expect(below.outputs['state']).toBe('healthy');
    await serves('v2.0.0', v2.sha256);
    const evidence = below.record!.deployments[0]!.evidence as { downtimeMs: number };
    expect(evidence.downtimeMs).toBeGreaterThanOrEqual(3000);
  }, 60_000);

  test('a release before that ignores SIGTERM: too short a deadline leaves it, a longer one ends it', async () => {
    const stubborn = await build(lab.go, join(folder, 'stubborn'), stubbornSource);
    const check = { 'health-checks': 'http://127.0.0.1:8080/ 200', type: 'exec' };
    const first = await deploy({ ...inputs, ...check, 'healthy-deadline': '15s', binary: stubborn.path });
    expect(first.log).not.toContain('::error');
    const short = await deploy({ ...inputs, binary: v2.path });
    expect(short.log).toMatch(/not up within 5s: the release before does not end \(stop-sigterm\).*GATE_FAILED/);
    expect(short.outputs['state']).toBe('rolled-back');
    await serves('stubborn', stubborn.sha256);
    const long = await deploy({ ...inputs, binary: v2.path, 'healthy-deadline': '50s' });
    expect(long.log).not.toContain('::error');
    await serves('v2.0.0', v2.sha256);
  }, 150_000);

  test('a unit that systemd would not load is refused before the switch', async () => {
    await onHost(
      host,
      'sh',
      '-c',
      `mkdir -p ${dropIns} && printf '[Service]\nExecStart=/bin/true\n' >${dropIns}/second.conf`,
    );
    const before = await pid();
    for (const changes of [{ binary: v2.path }, { binary: v1.path, environment: 'HELLO_GREETING=other' }]) {
      const done = await deploy({ ...inputs, ...changes });
      expect(done.log).toMatch(/systemd would not load the unit: .*more than one ExecStart.*UNIT_REFUSED/);
      expect(done.outputs).toMatchObject({ state: 'failed', changed: 'false' });
      expect(done.record!.deployments).toMatchObject([{ state: 'failed', evidence: { error: 'UNIT_REFUSED' } }]);
      expect(await pid()).toBe(before);
      await serves('v1.0.0', v1.sha256);
    }
  }, 60_000);

  test('what systemd passes over in the unit is said', async () => {
    await onHost(host, 'sh', '-c', `mkdir -p ${dropIns} && printf '[Service]\nRestartSecs=3\n' >${dropIns}/typo.conf`);
    const done = await deploy({ ...inputs, binary: v2.path });
    expect(done.log).toMatch(/::warning.*systemd says of the unit:.*RestartSecs/);
    expect(done.outputs['state']).toBe('healthy');
  }, 60_000);

  test('the connection is cut during the upload: it goes on from there; when the runner dies, the next one does', async () => {
    const path = join(folder, 'large');
    const size = 100e6;
    await copyFile(v2.path, path);
    await appendFile(path, randomBytes(size)); // after the program's end; does not get smaller by compression
    const blobs = join(host.root, directory, 'blobs');
    const part = async () => {
      const name = (await readdir(blobs)).find(one => one.startsWith('.part.'));
      return name === undefined ? 0 : (await stat(join(blobs, name)).catch(() => ({ size: 0 }))).size;
    };
    const before = await pid();
    const killed = await startDeploy({ ...inputs, binary: path });
    while ((await part()) < size / 5) await sleep(5);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await pid()).toBe(before);
    await serves('v1.0.0', v1.sha256);
    expect(existsSync(join(blobs, await sha256File(path)))).toBe(false);
    const kept = await part();
    const running = await startDeploy({ ...inputs, binary: path, 'lock-wait': '5s' });
    while ((await part()) < kept + size / 10) await sleep(5);
    const cut = 'for p in /proc/[0-9]*; do grep -aq "^sshd: deploy" $p/cmdline && kill -9 ${p#/proc/} && echo $p; done';
    expect(await onHost(host, 'sh', '-c', cut)).not.toBe('');
    const done = await running.ended;
    expect(done.log).not.toContain('::error');
    expect(done.log).toContain('going on from where it was cut');
    expect(done.log).toMatch(/uploaded .* were there from an upload that was cut/);
    // less than the whole was sent by the run that ended
    expect(Number(/\(([\d.]+) MB compressed\)/.exec(done.log)?.[1])).toBeLessThan(size / 1e6);
    await serves('v2.0.0', await sha256File(path));
    expect(await part()).toBe(0);
  }, 120_000);
});

async function build(go: string, source: string, text: string): Promise<{ path: string; sha256: string }> {
  await mkdir(source);
  await writeFile(join(source, 'go.mod'), 'module stubborn\n');
  await writeFile(join(source, 'main.go'), text);
  const path = `${source}-program`;
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOOS: 'linux' };
  await run([go, 'build', '-o', path, '.'], { cwd: source, env, timeout: 280_000 });
  return { path, sha256: await sha256File(path) };
}
