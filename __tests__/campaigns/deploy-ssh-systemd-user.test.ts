import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { run } from '../../src/core/process.ts';
import { proofsOf } from '../../src/core/report/proofs/index.ts';
import { shellWord } from '../../src/core/report/shell.ts';
import {
  deploy,
  fetchJson,
  helloService,
  leftovers,
  onHost,
  reach,
  sha256FromOutside,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { makeUsers } from '../integration/host-users.ts';
import { describeWith, labModule } from '../integration/lab.ts';

const directory = '/home/deploy/.local/share/slipway/hello';

jest.setTimeout(60_000);

await describeWith(['fresh:host41', 'go'], 'deploy-ssh-systemd: services of a user’s own', lab => {
  const host = lab['fresh:host41'];
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let inputs: Record<string, string>;

  const onShell = (script: string) => onHost(host, 'sh', '-c', script);
  const asDeploy = (command: string) =>
    onShell(`su deploy -s /bin/sh -c 'XDG_RUNTIME_DIR=/run/user/$(id -u) ${command}'`);
  const serves = async (sha256: string) => {
    expect((await fetchJson(`http://${host.address}:8080/version`)).status).toBe(200);
    const pid = await asDeploy('systemctl --user show -p MainPID --value hello');
    expect(await sha256FromOutside(host, pid)).toBe(sha256);
    expect(await onShell(`stat -c %U /proc/${pid}`)).toBe('deploy');
    expect(await leftovers(host, directory)).toBe('');
  };

  beforeAll(async () => {
    await makeUsers(host, [{ name: 'deploy' }]); // without sudo
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    [v1, v2] = [await buildHello(lab.go, folder, 'v1.0.0'), await buildHello(lab.go, folder, 'v2.0.0')];
    inputs = {
      ...(await reach(host)),
      become: 'none',
      ...helloService('30s'),
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('a user whose services would end with the login is told what to do', async () => {
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.code).toBe(1);
    expect(done.log).toMatch(/deploy does not linger: loginctl enable-linger deploy.*HOST_REFUSED/);
    expect(await onShell('ls -A /home/deploy/.local /home/deploy/.config 2>/dev/null; true')).toBe('');
  });

  test('what only root can give is refused', async () => {
    await onHost(host, 'loginctl', 'enable-linger', 'deploy');
    for (let tries = 0; tries < 50 && (await asDeploy('systemctl --user is-system-running')) !== 'running'; tries++)
      await sleep(100);
    const done = await deploy({ ...inputs, listen: '80', 'run-as': 'daemon', binary: v1.path });
    expect(done.log).toMatch(/runs as deploy: leave `run-as` out.*may not listen below port 1024.*HOST_REFUSED/);
  });

  test('is deployed below the home folder, by the user’s systemd, with the hardening that it can do', async () => {
    const done = await deploy({ ...inputs, binary: v1.path });
    expect(done.log).not.toMatch(/::error|::warning/);
    expect(done.log).toMatch(/a service of the user’s own.*only root’s systemd can do .*ProtectSystem.*left out/);
    await serves(v1.sha256);
    const unit = await onShell('cat /home/deploy/.config/systemd/user/hello.service');
    expect(unit).toContain(`ExecStart=${directory}/current/hello`);
    expect(unit).toContain('NoNewPrivileges=yes');
    expect(unit).not.toMatch(/DynamicUser|ProtectSystem|multi-user/);
    expect(await onShell('ls /etc/systemd/system /opt')).not.toContain('hello');
    expect(await onShell(`find ${directory} ! -user deploy`)).toBe('');
  });

  test('the report has the commands that check it by hand, without root', async () => {
    const { record } = await deploy({ ...inputs, binary: v1.path });
    const ssh = ['command', 'ssh', '-F', 'none', '-i', host.privateKey, '-o', `UserKnownHostsFile=${host.knownHosts}`];
    const proofs = proofsOf(record!).flatMap(group => group.proofs);
    const said = [];
    for (const { command } of proofs.filter(one => one.command.startsWith('ssh '))) {
      const { stdout } = await run(['sh', '-c', `ssh() { ${ssh.map(shellWord).join(' ')} "$@"; }\n${command}`], {
        timeout: 20_000,
      });
      said.push(stdout.split(' ')[0]!.trim());
    }
    expect(said).toEqual([v1.sha256, 'active']);
  });

  test('the same again restarts nothing; the next goes forward, and rollback back', async () => {
    const again = await deploy({ ...inputs, binary: v1.path });
    expect(again.outputs).toMatchObject({ state: 'unchanged' });
    expect((await deploy({ ...inputs, binary: v2.path })).outputs).toMatchObject({ state: 'healthy' });
    await serves(v2.sha256);
    expect((await deploy({ ...inputs, mode: 'rollback' })).outputs).toMatchObject({ state: 'healthy' });
    await serves(v1.sha256);
  });

  test('the command in the summary goes back by hand, without root', async () => {
    const done = await deploy({ ...inputs, binary: v2.path, 'drop-in': '[Service]\nNice=5\n' });
    expect(done.outputs).toMatchObject({ state: 'healthy' });
    expect(await asDeploy('systemctl --user show -p Nice --value hello')).toBe('5');
    const [, command = ''] = /^ssh \S+ (sh .+)$/m.exec(done.summary) ?? [];
    expect(await asDeploy(command)).toMatch(/^hello: \S+ serves$/);
    await serves(v1.sha256);
    expect(await onShell('ls /home/deploy/.config/systemd/user')).not.toContain('hello.service.d');
  });

  test('what fails is taken back, and its journal is shown', async () => {
    const done = await deploy({ ...inputs, binary: v2.path, environment: 'HELLO_LISTEN=nowhere' });
    expect(done.outputs).toMatchObject({ state: 'rolled-back' });
    expect(done.log).toMatch(/hello: configuration:/);
    await serves(v1.sha256);
  });

  test('without the runner, and over a reboot, it comes back by itself', async () => {
    const running = await startDeploy({ ...inputs, binary: v2.path, 'min-healthy-time': '20s' });
    await running.logged('switch done');
    running.child.kill('SIGKILL');
    await running.ended;
    expect(await onShell(`ls ${directory}/state`)).toMatch(/intent\./);
    await (await labModule('host')).restart(host.name);
    for (let tries = 0; tries < 100 && (await fetchJson(`http://${host.address}:8080/version`)).status !== 200; tries++)
      await sleep(100);
    await serves(v1.sha256);
    expect(await onShell(`tail -n 1 ${directory}/state/history`)).toContain('reverted-reboot');
  });
});
