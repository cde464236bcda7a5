import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderEnvironment } from '../../src/deploy-ssh-systemd/environment-file.ts';
import { renderUnit } from '../../src/deploy-ssh-systemd/unit-file.ts';
import { deploy, fetchJson, helloService, leftovers, onHost, reach } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';

/** A unit without anything special. */
const plain = {
  runAs: 'dynamic',
  type: 'exec',
  listen: undefined,
  credentials: [],
  hasFiles: false,
  restartMethod: 'restart',
  pidFile: undefined,
  timer: undefined,
  logs: undefined,
  restart: 'no',
  after: [],
  memoryMax: undefined,
  cpuQuota: undefined,
  tasksMax: undefined,
  limitNofile: undefined,
  watchdog: undefined,
  logRateLimit: undefined,
  hardening: 'default',
  overrides: [],
} as const;

await describeWith(['fresh:host25', 'go'], 'deploy-ssh-systemd: unit and contents of a release', lab => {
  const host = lab['fresh:host25'];
  const url = `http://${host.address}:8080`;
  let folder: string;
  let inputs: Record<string, string>;

  const sh = (script: string) => onHost(host, 'sh', '-c', script);
  const show = async (...names: string[]) =>
    Object.fromEntries(
      (await onHost(host, 'systemctl', 'show', 'hello', '-p', names.join(',')))
        .split('\n')
        .map(line => line.split('=')),
    );
  const greeting = async () => (await fetchJson(`${url}/`)).body?.['greeting'];
  const healthy = async (changes: Record<string, string>) => {
    const done = await deploy({ ...inputs, ...changes });
    expect(done.log).not.toContain('::error');
    expect(done.outputs['state']).toBe('healthy');
    expect(await leftovers(host, directory)).toBe('');
    return done;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    inputs = {
      ...(await reach(host)),
      binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
      ...helloService('20s'),
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('limits and a made user: systemd has them, the Go runtime is told, the user has no login', async () => {
    const done = await healthy({
      'run-as': 'hello-svc',
      'create-user': 'true',
      'memory-max': '256MiB',
      'cpu-quota': '150%',
      'tasks-max': '200',
      'limit-nofile': '4096',
      'log-rate-limit': '500/5s',
      restart: 'on-failure',
      after: 'dbus.service',
    });
    expect(
      await show('User', 'MemoryMax', 'TasksMax', 'LimitNOFILE', 'LogRateLimitBurst', 'Restart', 'CPUQuotaPerSecUSec'),
    ).toEqual({
      User: 'hello-svc',
      MemoryMax: String(256 * 1024 ** 2),
      TasksMax: '200',
      LimitNOFILE: '4096',
      LogRateLimitBurst: '500',
      Restart: 'on-failure',
      CPUQuotaPerSecUSec: '1.500000s',
    });
    expect((await show('After'))['After']).toContain('dbus.service');
    expect(
      await sh(`tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value hello)/environ | grep ^GOM | sort`),
    ).toBe('GOMAXPROCS=2\nGOMEMLIMIT=241591910B');
    expect(await sh('getent passwd hello-svc')).toMatch(/:\/usr\/sbin\/nologin$/);
    expect(done.record!.deployments[0]!.evidence['exposure']).toBeLessThanOrEqual(1.4);
    expect(done.summary).toContain('Exposure');
  }, 60_000);

  test('what the user sets outranks what the limits say', async () => {
    await healthy({ 'memory-max': '256MiB', environment: 'GOMEMLIMIT=100MiB' });
    const environ = await sh(`tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value hello)/environ`);
    expect(environ).toContain('GOMEMLIMIT=100MiB');
  }, 60_000);

  test('strict scores better, an override is taken, no sandbox scores worst; a plan says the score before', async () => {
    const exposures = [];
    for (const changes of [{ hardening: 'strict' }, { 'unit-overrides': 'PrivateUsers=yes' }, { hardening: 'off' }]) {
      const plan = await deploy({ ...inputs, ...changes, mode: 'plan' });
      const [, planned] = /exposure ([\d.]+) by/.exec(plan.log) ?? [];
      const done = await healthy(changes);
      const { exposure } = done.record!.deployments[0]!.evidence as { exposure: number };
      expect(Number(planned)).toBe(exposure);
      const said = await onHost(host, 'systemd-analyze', 'security', '--no-pager', 'hello.service');
      // of the loaded unit systemd also counts what DynamicUser= brings along: it is never worse than what was said
      expect(Number(/exposure level for hello\.service: ([\d.]+)/.exec(said)?.[1])).toBeLessThanOrEqual(exposure);
      exposures.push(exposure);
    }
    const [strict, overridden, off] = exposures;
    expect(strict).toBeLessThan(1.3);
    expect(overridden).toBeLessThan(1.4);
    expect(off).toBeGreaterThan(5);
  }, 60_000);

  test('secrets: the program reads them, nobody else does, and a changed one alone redeploys', async () => {
    const secret = 'v3ry-s3cret-1';
    const given = (value: string) => ({
      credentials: JSON.stringify({ 'config.json': `{\n"greeting": "${value}"\n}`, pin: 'PIN4711' }),
      environment: 'HELLO_CONFIG=/run/credentials/hello.service/config.json',
      'secret-environment': `API_TOKEN=t0ken-${value}`,
    });
    const first = await healthy(given(secret));
    expect(await greeting()).toBe(secret);
    expect((await deploy({ ...inputs, ...given(secret) })).outputs['state']).toBe('unchanged');
    const second = await healthy(given('v3ry-s3cret-2'));
    expect(await greeting()).toBe('v3ry-s3cret-2');
    expect(second.record!.deployments[0]!.release).not.toBe(first.record!.deployments[0]!.release);
    const plan = await deploy({ ...inputs, mode: 'plan', credentials: 'other=5' });
    expect(plan.log).toContain('credentials +other -config.json -pin');
    expect((await deploy({ ...inputs, mode: 'rollback' })).outputs['state']).toBe('healthy');
    expect(await greeting()).toBe(secret);
    for (const done of [first, second, plan])
      expect(done.log + done.summary + JSON.stringify(done.record)).not.toMatch(/s3cret|t0ken/);
    // neither does another user of the host find them: in files, arguments, or what systemd and the journal tell
    // the pattern must not find itself in /proc
    const pattern = 's3cre[t]|t0ke[n]';
    const places = `${directory} /etc /run/credentials /var/lib /tmp /proc/[0-9]*/cmdline /proc/[0-9]*/environ`;
    const look = `grep -rlE '${pattern}' ${places} 2>/dev/null | sed 's/^/found in /'; systemctl cat hello; systemctl show hello; journalctl -u hello`;
    expect(await onHost(host, 'su', 'deploy', '-s', '/bin/sh', '-c', look)).not.toMatch(/s3cret|t0ken|found in/);
    expect(await sh(`grep -lE '${pattern}' /proc/[0-9]*/cmdline 2>/dev/null`)).toBe('');
    expect(await sh('journalctl --no-pager | grep -cE "s3cret|t0ken"')).toBe('0');
    expect(
      await sh(`cd ${directory}/current && stat -c '%a %U' credentials credentials/pin environment; cat release.json`),
    ).toMatch(/^700 root\n600 root\n600 root\n(?!.*(s3cret|t0ken|PIN4711))/s);
  }, 60_000);

  test('files: below the program’s folder, with their modes; what is unchanged is not sent again', async () => {
    await mkdir(join(folder, 'web/css'), { recursive: true });
    await writeFile(join(folder, 'web/a b.html'), 'page');
    await writeFile(join(folder, 'web/css/x.css'), 'style');
    await writeFile(join(folder, 'config.json'), '{"greeting":"from a file"}');
    const files = `${folder}/web:public\n${folder}/config.json:etc/:600\n${folder}/config.json:config.json`;
    await healthy({ files, environment: 'HELLO_CONFIG=config.json' });
    expect(await greeting()).toBe('from a file');
    const listed = await sh(`cd ${directory}/current/files && find . -type f -exec stat -c '%a %n' {} + | sort`);
    expect(listed.split('\n')).toEqual([
      '600 ./etc/config.json',
      '644 ./config.json',
      '644 ./public/a b.html',
      '644 ./public/css/x.css',
    ]);
    await writeFile(join(folder, 'web/css/x.css'), 'other style');
    const again = await healthy({ files, environment: 'HELLO_CONFIG=config.json' });
    expect(again.log).toMatch(/uploaded 11 B \(/);
    expect(await sh(`cat ${directory}/current/files/public/css/x.css`)).toBe('other style');
  }, 60_000);

  test('arguments and variables of all kinds reach a program as they are', async () => {
    const texts = fc.sample(fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 30 }), {
      numRuns: 60,
      seed: 7,
    });
    const special = [
      '$HOME',
      '${HOME}',
      '$$',
      '%n',
      '%%',
      "it's",
      '"',
      '\\',
      '\\n',
      'a\nb',
      ' a\tb ',
      ';',
      '#',
      '-rf',
      '`id`',
      '$(id)',
      '@x',
      '=',
      '{}',
    ];
    const args = [...special, ...texts];
    const environment = Object.fromEntries(args.map((value, index) => [`V${index}`, value]));
    const at = '/opt/slipway/argv';
    const release = join(host.root, at, 'current');
    await mkdir(release, { recursive: true });
    const program =
      '#!/bin/sh\ncat /proc/$$/cmdline >$STATE_DIRECTORY/args; cat /proc/$$/environ >$STATE_DIRECTORY/environ; sleep 99\n';
    await writeFile(join(release, 'argv'), program, { mode: 0o755 });
    await writeFile(join(release, 'environment'), renderEnvironment(environment));
    const unit = renderUnit({ ...plain, service: 'argv', directory: at, args });
    await writeFile(join(host.root, 'etc/systemd/system/argv.service'), unit);
    await sh(
      'systemctl daemon-reload && systemctl start argv && until [ -s /var/lib/private/argv/environ ]; do sleep 0.1; done',
    );
    const read = async (name: string) =>
      (await readFile(join(host.root, 'var/lib/private/argv', name), 'utf8')).split('\0').slice(0, -1);
    expect((await read('args')).slice(2)).toEqual(args);
    const got = await read('environ');
    expect(args.filter((value, index) => !got.includes(`V${index}=${value}`))).toEqual([]);
    await sh('systemctl stop argv && rm /etc/systemd/system/argv.service && systemctl daemon-reload');
  }, 60_000);
});
