import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deploy, fetchJson, leftovers, onHost, reach, runningSha256, startDeploy } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';
const greeting = `it's "quoted" $HOME \`id\` \\n 100%`;

await describeWith(['fresh:host7', 'go'], 'deploy-ssh-systemd: releases', lab => {
  const host = lab['fresh:host7'];
  const url = `http://${host.address}:8080`;
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let inputs: Record<string, string>;

  const serves = async (binary: { sha256: string }, version: string) => {
    expect((await fetchJson(`${url}/version`)).body).toMatchObject({ version });
    expect(await runningSha256(host, 'hello')).toBe(binary.sha256);
    expect(await leftovers(host, directory)).toBe('');
  };
  const pid = () => onHost(host, 'systemctl', 'show', '-p', 'MainPID,InvocationID', 'hello');

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
      'healthy-deadline': '10s',
      environment: `HELLO_GREETING=${greeting}`,
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('plan: says what would be done and changes nothing', async () => {
    const done = await deploy({ ...inputs, mode: 'plan', binary: v1.path });
    expect(done.code).toBe(0);
    expect(done.log).toContain('unit +DynamicUser=yes');
    expect(done.log).toContain('environment +HELLO_GREETING');
    expect(done.outputs).toMatchObject({ state: 'planned', changed: 'false', previous: '' });
    expect(done.record).toBeUndefined();
    expect(await onHost(host, 'ls', '/opt', '/etc/systemd/system/hello.service')).toBe('/opt:');
  }, 60_000);

  test('the first release: a hardened unit that starts at boot, values that arrive as they are', async () => {
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.log).not.toContain('::error');
    expect(done.code).toBe(0);
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true', previous: '' });
    expect(done.record?.deployments).toMatchObject([
      {
        kind: 'ssh-systemd',
        place: inputs['hosts'],
        service: 'hello',
        binary: v1.sha256,
        previous: '',
        state: 'healthy',
        by: 'octocat',
        evidence: { runningSha256: v1.sha256 },
      },
    ]);
    await serves(v1, 'v1.0.0');
    expect((await fetchJson(`${url}/`)).body).toMatchObject({ greeting });
    expect(await onHost(host, 'systemctl', 'is-enabled', 'hello')).toBe('enabled');
    const exposure = await onHost(host, 'systemd-analyze', 'security', '--no-pager', 'hello.service');
    expect(Number(/exposure level for hello\.service: ([\d.]+)/.exec(exposure)?.[1])).toBeLessThanOrEqual(1.4);
    expect(await onHost(host, 'stat', '-L', '-c', '%a %U', `${directory}/current/environment`)).toBe('600 root');
  }, 60_000);

  test('the same again: 0 bytes, nothing restarted', async () => {
    const before = await pid();
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.code).toBe(0);
    expect(done.outputs).toMatchObject({ state: 'unchanged', changed: 'false' });
    expect(done.record?.deployments[0]).toMatchObject({ state: 'unchanged', binary: v1.sha256 });
    expect(await pid()).toBe(before);
  }, 60_000);

  test('a unit file that somebody changed on the host is put right', async () => {
    await onHost(host, 'sh', '-c', 'echo "# by hand" >>/etc/systemd/system/hello.service');
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    expect(await onHost(host, 'grep', '-c', 'by hand', '/etc/systemd/system/hello.service')).toBe('0');
  }, 60_000);

  test('plan of a second release: what changes, names of variables only; nothing on the host does', async () => {
    const state = () =>
      onHost(
        host,
        'sh',
        '-c',
        `find ${directory} /etc/systemd/system /tmp /run/systemd/transient -newer /etc/hostname -printf '%p %T@ %s %i\\n' | grep -v -e systemd-private -e '^/tmp ' | sort; systemctl show hello -p MainPID,InvocationID`,
      );
    const before = await state();
    const environment = 'HELLO_GREETING=very-secret-value\nOTHER=another-value';
    const done = await deploy({ ...inputs, mode: 'plan', binary: v2.path, environment, args: 'one' });
    expect(done.code).toBe(0);
    for (const text of [done.log, done.summary]) {
      expect(text).toContain(`sha256:${v2.sha256}`);
      expect(text).toMatch(/-ExecStart=.*\n.*\+ExecStart=.* one/);
      expect(text).toMatch(/environment .*\+OTHER/);
      expect(text).toMatch(/exposure \d/);
      expect(text).not.toMatch(/very-secret-value|another-value/);
    }
    expect(await state()).toBe(before);
  }, 60_000);

  test('so is an environment, though the release has the same id', async () => {
    await onHost(host, 'sh', '-c', `echo 'HELLO_GREETING="by hand"' >${directory}/current/environment`);
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    expect((await fetchJson(`${url}/`)).body).toMatchObject({ greeting });
  }, 60_000);

  test('the second release, with the downtime that systemd saw', async () => {
    const done = await deploy({ ...inputs, binary: v2.path });
    expect(done.code).toBe(0);
    expect(done.outputs).toMatchObject({
      state: 'healthy',
      changed: 'true',
      previous: expect.stringMatching(/-[0-9a-f]{12}$/),
    });
    await serves(v2, 'v2.0.0');
    const { downtimeMs, downtimeMeasuredBy } = done.record!.deployments[0]!.evidence as Record<string, unknown>;
    expect(downtimeMeasuredBy).toBe('systemd');
    expect(downtimeMs).toBeGreaterThan(0);
    expect(downtimeMs).toBeLessThan(5000);
    expect(done.summary).toContain('```mermaid');
    expect(done.summary).toContain('To go back by hand');
  }, 60_000);

  test('rollback: the first release serves again; a second rollback has nowhere to go', async () => {
    const done = await deploy({ ...inputs, mode: 'rollback' });
    expect(done.code).toBe(0);
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    await serves(v1, 'v1.0.0');
    const again = await deploy({ ...inputs, mode: 'rollback' });
    expect(again.code).toBe(1);
    expect(again.log).toContain('ROLLBACK_IMPOSSIBLE');
    await serves(v1, 'v1.0.0');
  }, 60_000);

  test('the command in the summary goes back by hand', async () => {
    const done = await deploy({ ...inputs, binary: v2.path });
    const command = /^ssh \S+ (sudo sh .+)$/m.exec(done.summary)?.[1];
    expect(command).toBeDefined();
    await onHost(host, 'su', '-', 'deploy', '-c', command!);
    await serves(v1, 'v1.0.0');
    expect((await deploy({ ...inputs, binary: v2.path })).code).toBe(0);
  }, 60_000);

  test('status: what serves, and where a rollback would go', async () => {
    const done = await deploy({ ...inputs, mode: 'status' });
    expect(done.code).toBe(0);
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'false' });
    expect(done.log).toContain('active (running)');
  }, 60_000);

  test('old releases go, as many as wanted stay, blobs without a release go', async () => {
    for (const count of [1, 2, 3]) {
      const done = await deploy({
        ...inputs,
        binary: v2.path,
        environment: `HELLO_GREETING=${count}`,
        'keep-releases': '2',
      });
      expect(done.code).toBe(0);
    }
    expect((await onHost(host, 'ls', `${directory}/releases`)).split('\n')).toHaveLength(2);
    expect((await onHost(host, 'ls', `${directory}/blobs`)).split('\n')).toEqual([v2.sha256]);
    await serves(v2, 'v2.0.0');
  }, 60_000);

  test('two at once: one waits, both come through; without patience the second says who holds the lock', async () => {
    const both = await Promise.all(
      ['one', 'two'].map(text => deploy({ ...inputs, binary: v2.path, environment: `HELLO_GREETING=${text}` })),
    );
    expect(both.map(done => done.code)).toEqual([0, 0]);
    const first = await startDeploy({ ...inputs, binary: v1.path, 'min-healthy-time': '4s' });
    await first.logged('switch done');
    const second = await deploy({ ...inputs, binary: v2.path, 'lock-wait': '300ms' });
    expect(second.code).toBe(1);
    expect(second.log).toMatch(/another deployment of this service is under way: octocat.*LOCKED/);
    expect((await first.ended).code).toBe(0);
    await serves(v1, 'v1.0.0');
  }, 60_000);

  test('the key is nowhere in what the action wrote', async () => {
    const [, secret = ''] = (await readFile(host.privateKey, 'utf8')).split('\n');
    const done = await deploy({ ...inputs, mode: 'status' });
    expect(done.log + done.summary).not.toContain(secret);
    expect(await onHost(host, 'grep', '-rl', secret, '/opt', '/etc/systemd')).toBe('');
  }, 60_000);
});
