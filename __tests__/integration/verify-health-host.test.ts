import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Deployment, ReleaseRecord } from '../../src/core/record/schema.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';
import { verify } from './verify-health.ts';

const unit = 'verify-hello.service';

await describeWith(['host:host9', 'go'], 'verify-health on a systemd host', lab => {
  const host = lab['host:host9'];
  const url = `http://${host.address}:8088`;
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let access: Record<string, string>;

  /** What a deploy does, by hand: the binary into its place, the unit, a restart. */
  const start = async (binary: { path: string }, environment = '', restart = 'always') => {
    const { exec } = await labModule('host');
    await exec(host.name, ['systemctl', 'stop', unit]);
    await mkdir(join(host.root, 'opt/verify'), { recursive: true });
    await rm(join(host.root, 'opt/verify/hello'), { force: true }); // a process may still run it
    await copyFile(binary.path, join(host.root, 'opt/verify/hello'));
    const service = `[Service]\nType=exec\nDynamicUser=yes\nExecStart=/opt/verify/hello\nEnvironment=HELLO_LISTEN=:8088 ${environment}\nRestart=${restart}\nRestartSec=200ms\n[Unit]\nStartLimitIntervalSec=0\n`;
    await writeFile(join(host.root, 'etc/systemd/system', unit), service);
    const done = await exec(host.name, [
      'sh',
      '-c',
      `chmod 755 /opt/verify/hello; systemctl daemon-reload; systemctl reset-failed ${unit}; systemctl start ${unit}`,
    ]);
    expect(done.code).toBe(0);
  };

  const recordOf = (more: Partial<Deployment> = {}): ReleaseRecord => ({
    schema: 'slipway.release/v1',
    name: 'hello',
    version: 'v2',
    binaries: [{ package: 'hello', target: 'linux/amd64', path: 'hello', size: 1, sha256: v2.sha256 }],
    images: [],
    deployments: [
      {
        kind: 'ssh-systemd',
        place: `${host.user}@${host.address}:${host.port}`,
        service: unit,
        binary: v2.sha256,
        release: 'v2',
        previous: 'v1',
        state: 'healthy',
        by: 'test',
        started: new Date().toISOString(),
        evidence: {},
        ...more,
      },
    ],
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    [v1, v2] = [await buildHello(lab.go, folder, 'v1'), await buildHello(lab.go, folder, 'v2')];
    access = {
      'private-key': await readFile(host.privateKey, 'utf8'),
      'known-hosts': await readFile(host.knownHosts, 'utf8'),
      checks: `${url}/healthz 200 within 2s`,
      deadline: '30s',
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('the running process is the built binary: verified, and the record is closed', async () => {
    await start(v2);
    const done = await verify({ ...access, reported: `${url}/version`, junit: 'junit.xml' }, recordOf());
    expect(done.log).not.toContain('::error');
    expect(done.code).toBe(0);
    expect(done.outputs).toMatchObject({ verdict: 'verified', release: expect.stringContaining('release.json') });
    expect(done.record?.verification).toMatchObject({ verdict: 'verified', identity: 'proven', reasons: [] });
    expect(done.record?.verification?.checks.map(check => [check['kind'], check.verdict])).toEqual([
      ['check', 'passed'],
      ['reported', 'passed'],
      ['identity', 'passed'],
      ['record', 'passed'],
    ]);
    const identity = done.report.findings.find(finding => finding.kind === 'identity');
    expect(identity.evidence).toMatchObject({ sha256: v2.sha256, activeState: 'active', exe: '/opt/verify/hello' });
    expect(done.summary).toContain('✅ verified');
    const [, secret = ''] = access['private-key']!.split('\n');
    expect(secret.length).toBeGreaterThan(20);
    expect(`${done.log}${done.summary}${JSON.stringify(done.report)}`.includes(secret)).toBe(false);
  }, 60_000);

  test('a unit as a check, a command on the host, and an audit that leaves the record as it is', async () => {
    const place = `${host.user}@${host.address}:${host.port}`;
    const checks = [
      `- {unit: ${unit}, on: "${place}", restarts: 0}`,
      `- {command: [test, -e, "/opt/verify/hello"], on: "${place}"}`,
      `- {command: [printf, "a'b"], on: "${place}", contains: "a'b"}`,
    ].join('\n');
    const record = recordOf();
    const done = await verify({ ...access, checks, mode: 'audit' }, record);
    expect(done.log).not.toContain('::error');
    expect(done).toMatchObject({
      code: 0,
      outputs: { verdict: 'verified', attestation: expect.stringContaining('audit.intoto.json') },
    });
    expect(done.outputs['report']).toContain('audit.json');
    expect(done.record).toEqual(record);
    const wrong = await verify({ ...access, checks: `unit no-such on ${place}\ncommand no-such-program-here` }, record);
    expect(wrong.report.reasons).toEqual(['unit', 'no-access']);
  }, 60_000);

  test('a service of the user’s own, without root', async () => {
    const { exec } = await labModule('host');
    const own = 'own-hello.service';
    const folder = join(host.root, 'home', host.user, '.config/systemd/user');
    await mkdir(folder, { recursive: true });
    const service = '[Service]\nType=exec\nExecStart=/opt/verify/hello\nEnvironment=HELLO_LISTEN=:8089\n';
    await writeFile(join(folder, own), service);
    const as = (...argv: string[]) => exec(host.name, ['runuser', '-u', host.user, '--', ...argv]);
    expect(
      await exec(host.name, [
        'sh',
        '-c',
        `chown -R ${host.user} /home/${host.user}; loginctl enable-linger ${host.user}`,
      ]),
    ).toMatchObject({ code: 0 });
    const manager =
      'export XDG_RUNTIME_DIR=/run/user/$(id -u); until systemctl --user daemon-reload 2>/dev/null; do sleep 0.1; done; systemctl --user start';
    expect(await as('timeout', '20', 'sh', '-c', `${manager} ${own}`)).toMatchObject({ code: 0 });
    const place = `${host.user}@${host.address}:${host.port}`;
    const checks = `unit ${own} on ${place} user`;
    const done = await verify({ ...access, checks, become: 'none' }, recordOf({ service: own }));
    expect(done.log).not.toContain('::error');
    expect(done).toMatchObject({ code: 0, report: { identity: 'proven' } });
    await as('sh', '-c', `export XDG_RUNTIME_DIR=/run/user/$(id -u); systemctl --user stop ${own}`);
  }, 60_000);

  test('an audit finds a binary that is nobody’s, and the release before', async () => {
    await start(v1);
    const foreign = await verify({ ...access, mode: 'audit' }, recordOf());
    expect(foreign).toMatchObject({ code: 1, report: { verdict: 'failed', reasons: ['other-binary'] } });
    const { exec } = await labModule('host');
    const [old, dropIn] = ['/opt/verify/releases/v1', `/run/systemd/system/${unit}.d`];
    const script = [
      `mkdir -p ${old} ${dropIn}`,
      `cp /opt/verify/hello ${old}/`,
      `printf '[Service]\\nExecStart=\\nExecStart=${old}/hello\\n' >${dropIn}/back.conf`,
      `systemctl daemon-reload && systemctl restart ${unit}`,
    ].join(' && ');
    expect(await exec(host.name, ['sh', '-c', script])).toMatchObject({ code: 0 });
    const back = await verify({ ...access, mode: 'audit' }, recordOf());
    await exec(host.name, ['sh', '-c', `rm -r ${dropIn}; systemctl daemon-reload`]);
    expect(back).toMatchObject({ code: 1, report: { verdict: 'failed', reasons: ['rolled-back'] } });
    expect(back.log).toContain('wrote last');
  }, 60_000);

  test('a 200 from the old binary is a failure', async () => {
    await start(v1);
    const done = await verify({ ...access, reported: `${url}/version`, deadline: '8s' }, recordOf());
    expect(done.code).toBe(1);
    expect(done.outputs['verdict']).toBe('failed');
    expect(done.report.reasons).toEqual(['other-release', 'other-binary']);
    expect(done.report.findings.find(finding => finding.kind === 'check').verdict).toBe('passed');
    expect(done.log).toMatch(/::error::hello v2 failed its verification: .*instead of/);
    expect(done.record?.verification?.verdict).toBe('failed');
  }, 60_000);

  test('the path holds the new binary, the process still runs the old one', async () => {
    await start(v1);
    await rm(join(host.root, 'opt/verify/hello'));
    await copyFile(v2.path, join(host.root, 'opt/verify/hello'));
    const done = await verify(access, recordOf());
    expect(done).toMatchObject({ code: 1, report: { reasons: ['other-binary'] } });
  }, 60_000);

  test('a unit that crashes and restarts is not verified although it is the right binary', async () => {
    await start(v2, 'HELLO_CRASH_AFTER=700ms');
    const done = await verify({ ...access, checks: '', deadline: '10s' }, recordOf());
    expect(done.code).toBe(1);
    expect(done.outputs['verdict']).toBe('failed');
    expect(['restarting', 'unit-inactive']).toContain(done.report.reasons[0]);
  }, 60_000);

  test('a record that was rolled back is never verified, whatever serves', async () => {
    await start(v2);
    const done = await verify(access, recordOf({ state: 'rolled-back' }));
    expect(done).toMatchObject({ code: 1, outputs: { verdict: 'failed' }, report: { reasons: ['rolled-back'] } });
    expect(done.log).toContain('was rolled back; v1 is said to serve');
  }, 60_000);

  test('no unit, no access, no trust: each says what it is', async () => {
    const missing = await verify({ ...access, deadline: '10s' }, recordOf({ service: 'no-such.service' }));
    expect(missing.report).toMatchObject({ verdict: 'failed', reasons: ['unit-missing'] });

    const denied = await verify({ ...access, become: 'none' }, recordOf());
    expect(denied).toMatchObject({ code: 1, report: { verdict: 'inconclusive', reasons: ['no-access'] } });
    expect(denied.log).toContain('become');

    const stranger = 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const { 'known-hosts': _, ...rest } = access;
    const distrusted = await verify({ ...rest, 'host-fingerprints': stranger }, recordOf());
    expect(distrusted).toMatchObject({ code: 1, report: { verdict: 'inconclusive', reasons: ['no-access'] } });
    expect(distrusted.log).toMatch(/HOST_KEY_MISMATCH|SHA256:/);

    const { 'private-key': _key, ...keyless } = access;
    const without = await verify(keyless, recordOf());
    expect(without.code).toBe(1);
    expect(without.log).toContain('::error::input "private-key" is missing');
    expect(without.record?.verification).toBeUndefined();
  }, 120_000);
});
