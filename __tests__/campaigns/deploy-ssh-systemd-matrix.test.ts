import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { run } from '../../src/core/process.ts';
import {
  beginWith,
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  runningSha256,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { StepByStep } from '../integration/step-by-step.ts';

const directory = '/opt/slipway/hello';

/** Every fault that a deployment has to survive, and the test that shows it: the file after `deploy-ssh-systemd-`, its name. */
const matrix: readonly [string, string, string][] = [
  ['the run is cancelled', 'faults', 'the run is cancelled: the release is taken back at once'],
  ['the runner is killed, at every step', 'steps', '$fault after "$step": the $left release serves'],
  ['the connection is cut, at every step', 'steps', '$fault after "$step": the $left release serves'],
  ['the connection is cut during the upload', 'programs', 'the connection is cut during the upload'],
  [
    'nothing answers any more (half-open TCP)',
    'fleet',
    'one is lost, one fails its gate: every one is awaited and told apart',
  ],
  ['the runner goes silent', 'agent', '%s: a runner that went silent loses the lock'],
  [
    'confirmed and taken back at the same time',
    'agent',
    'of a confirmation and a revert at the same time, exactly one wins',
  ],
  ['disk: full', 'matrix', 'the disk is full from the step "%s" on'],
  ['disk: full before it begins', 'matrix', 'a disk %s is refused, with nothing changed'],
  ['disk: no inode, read-only, noexec', 'matrix', 'a disk %s is refused, with nothing changed'],
  ['binary: for another machine', 'refusals', 'a binary for another machine'],
  ['binary: truncated', 'programs', 'a binary of which only a part is there (%d of it) is refused'],
  ['binary: damaged', 'programs', 'a binary whose code is damaged is taken back; as a first release it leaves nothing'],
  ['binary: exits 0', 'matrix', 'a program that ends at once with exit code 0 is taken back'],
  ['binary: crashes at once, in a loop', 'faults', 'a release that %s is taken back'],
  ['binary: crashes after a while, before it counts', 'programs', 'how a release that %s has ended is told'],
  [
    'binary: crashes after it was confirmed',
    'matrix',
    'a release that crashes after it was confirmed is started again, and stays',
  ],
  ['binary: hangs before it is ready', 'faults', 'a release that %s is taken back'],
  [
    'binary: starts slowly',
    'programs',
    'a slow start counts when it ends before the deadline, and not when it ends after',
  ],
  [
    'binary: ignores SIGTERM',
    'programs',
    'a release before that ignores SIGTERM: too short a deadline leaves it, a longer one ends it',
  ],
  ['binary: the port is in use before', 'refusals', 'a port in use'],
  ['binary: the port is taken when it starts', 'matrix', 'a port that somebody takes before the release starts'],
  [
    'host: two deployments at once',
    'releases',
    'two at once: one waits, both come through; without patience the second says who holds the lock',
  ],
  ['host: loses its power, at every step', 'steps', '$fault after "$step": the $left release serves'],
  ['host: clock a day off', 'matrix', 'a clock that is a day %s'],
  ['host: first deployment', 'programs', 'the host loses its power during a first release: it boots without it'],
  ['host: the release before is gone', 'matrix', 'the release before was removed meanwhile'],
  ['host: unit masked', 'refusals', 'a masked service'],
  ['host: sudo denied', 'refusals', 'a user without sudo'],
  ['host: noisy banner and .bashrc', 'matrix', 'a banner and a .bashrc that talk'],
  ['host: other login shells', 'agent', 'starts below the login shell %s'],
  ['fleet: one is not reached', 'fleet', 'one is not reached: nothing is changed on the others'],
  [
    'secrets are nowhere else',
    'matrix',
    'a secret is in no command line, log, record or file that others can read, at any step',
  ],
];

test.each(matrix)('%s: there is a test', async (_fault, file, name) => {
  const folders = ['.', '../integration'].map(folder => new URL(`${folder}/`, import.meta.url));
  const files = folders.map(folder => new URL(`deploy-ssh-systemd-${file}.test.ts`, folder)).filter(existsSync);
  expect(files).toHaveLength(1);
  expect(await readFile(files[0]!, 'utf8')).toContain(name);
});

await describeWith(['fresh:host16', 'go'], 'deploy-ssh-systemd: faults of host and program', lab => {
  const host = lab['fresh:host16'];
  const url = `http://${host.address}:8080`;
  let folder: string;
  let v1: { path: string; sha256: string };
  let v2: { path: string; sha256: string };
  let inputs: Record<string, string>;

  let leader: number;
  // the disk is mounted in the host only
  const stepByStep = () => new StepByStep(join(`/proc/${leader}/root`, directory, 'state/steps'));
  const sh = (script: string) => onHost(host, 'sh', '-c', script);
  const serves = async (version: string, sha256: string) => {
    expect(await leftovers(host, directory)).toBe('');
    expect((await fetchJson(`${url}/version`)).body).toMatchObject({ version });
    expect(await runningSha256(host, 'hello')).toBe(sha256);
  };
  const servesV1 = () => serves('v1.0.0', v1.sha256);
  const forgetV2 = () => sh(`rm -f ${directory}/blobs/${v2.sha256}`);

  beforeAll(async () => {
    leader = host.leaderPid;
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    [v1, v2] = [await buildHello(lab.go, folder, 'v1.0.0'), await buildHello(lab.go, folder, 'v2.0.0')];
    // a disk of its own
    await sh('mkdir -p /opt/slipway && mount -t tmpfs -o size=100m,mode=755 tmpfs /opt/slipway');
    inputs = {
      ...(await reach(host)),
      service: 'hello',
      type: 'notify',
      listen: '8080',
      'min-healthy-time': '300ms',
      'healthy-deadline': '5s',
    };
  }, 300_000);
  const withV1 = beginWith(host, directory, () => deploy({ ...inputs, 'healthy-deadline': '45s', binary: v1.path }));
  beforeEach(async () => {
    await withV1();
    await servesV1();
  }, 90_000);
  afterEach(() => sh('mount -o remount,rw,exec,size=100m,nr_inodes=100000 /opt/slipway; rm -f /opt/slipway/filler'));
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  const fill = 'cat /dev/zero >/opt/slipway/filler 2>/dev/null; true';
  const disks: [string, string, RegExp][] = [
    ['that is full', fill, /free/],
    [
      'without inodes',
      `mount -o remount,nr_inodes=$(($(df --output=iused /opt/slipway | tail -n 1) + 5)) /opt/slipway`,
      /inodes/,
    ],
    ['that is read-only', 'mount -o remount,ro /opt/slipway', /read-only|written|\bro\b/],
    ['where nothing may run (noexec)', 'mount -o remount,noexec /opt/slipway', /noexec/],
  ];
  test.each(disks)(
    'a disk %s is refused, with nothing changed',
    async (_name, makeSo, said) => {
      await forgetV2();
      const pid = await onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'hello');
      await sh(makeSo);
      const done = await deploy({ ...inputs, binary: v2.path });
      expect(done.log).toMatch(said);
      expect(done.outputs).toMatchObject({ state: 'failed', changed: 'false' });
      expect(await onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'hello')).toBe(pid);
      await servesV1();
    },
    60_000,
  );

  test.each(['locked', 'uploaded', 'released', 'armed'])(
    'the disk is full from the step "%s" on: the release before serves',
    async step => {
      await forgetV2();
      await sh(`rm -rf ${directory}/releases/*-v2*`);
      const steps = stepByStep();
      const running = await startDeploy({ ...inputs, binary: v2.path, environment: 'HELLO_START_CRASH=true' });
      try {
        await steps.until(step);
        await sh(fill);
        steps.goOn();
      } finally {
        steps.end();
      }
      const done = await running.ended;
      expect(done.code).toBe(1);
      await sh('rm -f /opt/slipway/filler');
      await servesV1();
    },
    60_000,
  );

  test('a program that ends at once with exit code 0 is taken back', async () => {
    const done = await deploy({ ...inputs, binary: '/usr/bin/true', type: 'exec' });
    expect(done.log).toMatch(/GATE_FAILED/);
    expect(done.outputs).toMatchObject({ state: 'rolled-back', changed: 'true' });
    await servesV1();
  }, 60_000);

  test('a restart of systemd’s own in the middle of the way back: what serves then has its own unit', async () => {
    const steps = stepByStep();
    const running = await startDeploy({ ...inputs, binary: '/usr/bin/true', type: 'exec' });
    try {
      await steps.until('restarted');
      // the link is the one from before, systemd’s unit that of the release that ends again and again
      await steps.until('linked');
      const linked = `$(readlink -f ${directory}/current/hello)`;
      const started = `[ "$(readlink /proc/$(systemctl show -p MainPID --value hello)/exe)" = "${linked}" ]`;
      expect(await sh(`for try in $(seq 100); do ${started} && echo yes && break; sleep 0.1; done`)).toBe('yes');
      steps.goOn();
    } finally {
      steps.end();
    }
    const done = await running.ended;
    expect(done.outputs).toMatchObject({ state: 'rolled-back', changed: 'true' });
    // Type=notify
    const environ = await sh(`tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value hello)/environ`);
    expect(environ).toContain('NOTIFY_SOCKET=');
    await servesV1();
  }, 60_000);

  const pointed: [string, Record<string, string>, RegExp][] = [
    [
      'makes a forbidden system call',
      { 'unit-overrides': 'SystemCallFilter=~bind\nSystemCallErrorNumber=' },
      /SystemCallFilter= forbids a system call/,
    ],
    ['listens below 1024 without a word', { environment: 'HELLO_LISTEN=:80', listen: '' }, /give the input "listen"/],
  ];
  test.each(pointed)(
    'a release that %s is taken back, and what would help is said',
    async (_name, changes, advice) => {
      const done = await deploy({ ...inputs, binary: v2.path, ...changes });
      expect(done.outputs['state']).toBe('rolled-back');
      expect(done.log).toMatch(advice);
      expect(done.summary).toMatch(advice);
      expect(done.summary).toMatch(/the unit was \w+ \(/);
      expect((done.record!.deployments[0]!.evidence['advice'] as string[]).join()).toMatch(advice);
      await servesV1();
    },
    60_000,
  );

  test('a release that crashes after it was confirmed is started again, and stays', async () => {
    const done = await deploy({ ...inputs, binary: v2.path, environment: 'HELLO_CRASH_AFTER=2s' });
    expect(done.outputs['state']).toBe('healthy');
    const restarts = () => onHost(host, 'systemctl', 'show', '-p', 'NRestarts', '--value', 'hello');
    for (let tries = 0; tries < 50 && (await restarts()) === '0'; tries++) await sleep(200);
    while ((await fetchJson(`${url}/readyz`)).status !== 200) await sleep(50);
    await serves('v2.0.0', v2.sha256);
  }, 60_000);

  test('a port that somebody takes before the release starts', async () => {
    const steps = stepByStep();
    const running = await startDeploy({
      ...inputs,
      binary: v2.path,
      environment: 'HELLO_LISTEN=:8090',
      listen: '8090',
    });
    try {
      await steps.until('armed');
      await sh('systemd-run --quiet --unit=squatter --socket-property=ListenStream=8090 /bin/cat');
      steps.goOn();
    } finally {
      steps.end();
    }
    const done = await running.ended;
    await sh('systemctl stop squatter.socket');
    expect(done.outputs['state']).toBe('rolled-back');
    expect(done.log).toContain('address already in use');
    await servesV1();
  }, 60_000);

  test.each([
    ['ahead', '+1 day'],
    ['behind', '-1 day'],
  ])(
    'a clock that is a day %s: a release counts, and a failed one is taken back',
    async (_name, shift) => {
      // the machine's clock is everybody's; this is the one that the agent asks
      await sh(
        `printf '#!/bin/sh\\nexec /usr/bin/date -d "${shift}" "$@"\\n' >/usr/local/bin/date; chmod 755 /usr/local/bin/date`,
      );
      try {
        const failed = await deploy({ ...inputs, binary: v2.path, environment: 'HELLO_START_CRASH=true' });
        expect(failed.outputs['state']).toBe('rolled-back');
        await servesV1();
        expect((await deploy({ ...inputs, binary: v2.path })).outputs['state']).toBe('healthy');
        await serves('v2.0.0', v2.sha256);
        expect((await deploy({ ...inputs, mode: 'rollback' })).outputs['state']).toBe('healthy');
        await servesV1();
      } finally {
        await sh('rm /usr/local/bin/date');
      }
    },
    60_000,
  );

  test('the release before was removed meanwhile: what was never confirmed is stopped, and nothing dangles', async () => {
    const before = await onHost(host, 'readlink', '-f', `${directory}/current`);
    const steps = stepByStep();
    const running = await startDeploy({ ...inputs, binary: v2.path, environment: 'HELLO_START_CRASH=true' });
    try {
      await steps.until('armed');
      await sh(`rm -rf ${before}`);
      steps.goOn();
    } finally {
      steps.end();
    }
    const done = await running.ended;
    expect(done.outputs['state']).toBe('failed');
    expect(done.log).toMatch(/GATE_FAILED/);
    expect(await leftovers(host, directory)).toBe('');
    expect(await onHost(host, 'sh', '-c', 'systemctl is-active hello || true')).toBe('inactive');
  }, 60_000);

  test('a banner and a .bashrc that talk: the release counts', async () => {
    await sh(`printf 'Welcome\\n@ok\\n' >/etc/ssh/banner; echo 'Banner /etc/ssh/banner' >/etc/ssh/sshd_config.d/noise.conf; systemctl reload ssh
      cp /home/deploy/.bashrc /tmp/bashrc; printf 'echo hello from .bashrc; echo @error; echo to stderr >&2\\n' >/home/deploy/.bashrc`);
    try {
      const done = await deploy({ ...inputs, binary: v2.path });
      expect(done.log).not.toContain('::error');
      await serves('v2.0.0', v2.sha256);
    } finally {
      await sh('mv /tmp/bashrc /home/deploy/.bashrc; rm /etc/ssh/sshd_config.d/noise.conf; systemctl reload ssh');
    }
  }, 60_000);

  test('a secret is in no command line, log, record or file that others can read, at any step', async () => {
    const secret = 'correct-horse-battery-staple';
    await forgetV2();
    const steps = stepByStep();
    const running = await startDeploy({ ...inputs, binary: v2.path, environment: `API_TOKEN=${secret}` });
    const key = inputs['private-key']!.split('\n')[2]!;
    try {
      for (const step of ['locked', 'uploaded', 'released', 'armed', 'restarted', 'confirmed']) {
        await steps.until(step);
        const lines = await run(['sh', '-c', 'cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" " "'], {
          timeout: 10_000,
        });
        expect(lines.stdout).not.toContain(secret);
        expect(lines.stdout).not.toContain(key);
      }
      steps.goOn();
    } finally {
      steps.end();
    }
    const done = await running.ended;
    expect(done.outputs['state']).toBe('healthy');
    const written = done.log + done.summary + JSON.stringify(done.record) + (await sh('journalctl --no-pager'));
    expect(written).not.toContain(secret);
    expect(written).not.toContain(key);
    // as somebody else on the host
    const read = `grep -rls -e ${secret} /opt /etc /run /tmp /var/tmp /var/lib /home 2>/dev/null; true`;
    expect(await onHost(host, 'setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', 'sh', '-c', read)).toBe(
      '',
    );
    expect(await sh('systemctl show hello')).not.toContain(secret);
  }, 60_000);
});
