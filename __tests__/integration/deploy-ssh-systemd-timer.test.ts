import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { placeProofs } from '../../src/core/report/proofs/places.ts';
import { type Deployed, deploy, leftovers, onHost, reach, startDeploy } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildExample } from './hello.ts';
import { describeWith, labModule } from './lab.ts';

const directory = '/opt/slipway/worker';

jest.setTimeout(60_000);

await describeWith(['fresh:host70', 'go'], 'deploy-ssh-systemd: jobs that a timer starts', lab => {
  const host = lab['fresh:host70'];
  let folder: string;
  let inputs: Record<string, string>;

  const job = (timer: Record<string, unknown>, takes = '100ms') => ({
    timer: JSON.stringify(timer),
    environment: `WORKER_TAKES=${takes}`,
  });
  const hourly = { calendar: 'hourly', jitter: '1m', missed: 'run', timeout: '30s', run: 'once' };
  const show = (unit: string, property: string) => onHost(host, 'systemctl', 'show', '-p', property, '--value', unit);
  const is = async (verb: 'active' | 'enabled', unit: string) =>
    onHost(host, 'sh', '-c', `systemctl is-${verb} ${unit} || :`);
  const state = (done: Deployed) => [done.code, done.record!.deployments.at(-1)!.state];
  const evidence = (done: Deployed) => done.record!.deployments.at(-1)!.evidence;
  const said = () => onHost(host, 'journalctl', '-u', 'worker', '_COMM=worker', '-o', 'cat', '--no-pager');

  /** The runner dies after the switch, and the host loses its power; then it is up again, and has settled. */
  const lostOnTheWay = async (given: Record<string, string>) => {
    const before = await onHost(host, 'readlink', `${directory}/current`);
    const running = await startDeploy({ ...inputs, ...given, 'min-healthy-time': '20s', 'healthy-deadline': '50s' });
    await running.logged('switch done');
    // it was begun: the host goes on by itself
    await eventually(async () => {
      expect(await onHost(host, 'readlink', `${directory}/current`)).not.toBe(before);
      expect(await onHost(host, 'cat', `${directory}/state/steps`)).toMatch(/restarted$/);
    });
    running.child.kill('SIGKILL');
    await running.ended;
    await (await labModule('host')).restart(host.name);
    await eventually(async () => {
      expect(await onHost(host, 'readlink', `${directory}/current`)).toBe(before);
      expect(await leftovers(host, directory)).toBe('');
      expect(await onHost(host, 'systemctl', 'list-jobs', '--no-legend')).not.toContain('worker');
    });
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-worker-'));
    inputs = {
      ...(await reach(host)),
      service: 'worker',
      binary: (await buildExample(lab.go, 'worker', folder, 'v1.0.0')).path,
      'min-healthy-time': '0s',
      'healthy-deadline': '8s',
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test.each([
    ['a calendar that systemd does not understand', { calendar: 'Fonday' }, {}, /CALENDAR_REFUSED/],
    ['one that is over', { calendar: '2001-01-01' }, {}, /never comes again.*CALENDAR_REFUSED/],
    ['what only a service has', { calendar: 'daily' }, { listen: '8080', watchdog: '5s' }, /no listen, watchdog/],
  ])('%s is refused before anything is changed', async (_, timer, more, message) => {
    const done = await deploy({ ...inputs, ...job(timer), ...more });
    expect(done.code).toBe(1);
    expect(done.log).toMatch(message);
    expect(await onHost(host, 'sh', '-c', 'ls -d /opt/slipway /etc/systemd/system/worker* 2>/dev/null || :')).toBe('');
  });

  test('a timer of somebody else is not touched', async () => {
    const theirs = '/etc/systemd/system/worker.timer';
    await onHost(host, 'sh', '-c', `printf '[Timer]\nOnCalendar=yearly\n' >${theirs}`);
    const done = await deploy({ ...inputs, ...job(hourly) });
    expect(done.log).toMatch(/worker\.timer exists, starts worker\.service, and is not of Slipway.*UNIT_FOREIGN/);
    expect(await onHost(host, 'cat', theirs)).toContain('OnCalendar=yearly');
    await onHost(host, 'rm', theirs);
  });

  test('a service that stays up becomes a job, whose run is its gate', async () => {
    const before = await deploy({ ...inputs, environment: 'WORKER_TAKES=1h' });
    expect(state(before)).toEqual([0, 'healthy']);
    const plan = await deploy({ ...inputs, ...job(hourly), mode: 'plan' });
    expect(plan.log).toMatch(/timer \+OnCalendar=hourly/);
    expect(plan.log).toMatch(/hourly comes next at /);
    expect(plan.log).toMatch(/unit -WantedBy=multi-user\.target/);

    const done = await deploy({ ...inputs, ...job(hourly) });
    expect([...state(done), done.log]).toEqual([0, 'healthy', expect.stringContaining('comes next at')]);
    expect(evidence(done)).toMatchObject({ timer: { lastRun: 'succeeded', next: expect.any(Number) } });
    expect(await is('active', 'worker.timer')).toBe('active');
    expect(await is('enabled', 'worker.timer')).toBe('enabled');
    // neither up, nor started at boot
    expect(await is('active', 'worker')).toBe('inactive');
    expect(await is('enabled', 'worker')).toBe('static');
    expect((await said()).split('\n').slice(-2)).toEqual(['begins', 'done']);
    expect(await show('worker.timer', 'RandomizedDelayUSec')).toBe('1min');
    expect(await show('worker.timer', 'Persistent')).toBe('yes');
    expect(await show('worker', 'TimeoutStartUSec')).toBe('30s');
    expect(await leftovers(host, directory)).toBe('');
  });

  test('the commands of a report to check a job by hand', async () => {
    const { record } = await deploy({ ...inputs, ...job(hourly) });
    const { proofs } = placeProofs(record!)[0]!;
    const printed = proofs.map(({ command }) => onHost(host, 'sh', '-c', `ssh() { shift; sh -c "$1"; }; ${command}`));
    expect(await Promise.all(printed)).toEqual([expect.stringContaining(proofs[0]!.prints[0]!), 'active']);
  });

  test('again: nothing is changed, and nothing runs', async () => {
    const before = await said();
    const done = await deploy({ ...inputs, ...job(hourly) });
    expect([...state(done), done.outputs['changed']]).toEqual([0, 'unchanged', 'false']);
    expect(await said()).toBe(before);
  });

  test('status has the last result and the next run', async () => {
    const done = await deploy({ ...inputs, mode: 'status' });
    expect(done.outputs['state']).toBe('healthy');
    expect(done.log).toMatch(/runs next at [\d-]+ [\d:]+ UTC, the last run succeeded \(at [\d-]+ [\d:]+ UTC/);
    expect(done.summary).toMatch(/Last run/);
  });

  test.each([
    ['fails', 'nonsense', {}, /its run failed: exit code 1.*rolled back/],
    ['does not end', '1h', { 'healthy-deadline': '3s' }, /its run did not end within 3s; rolled back/],
  ])('a release whose run %s is taken back, with its timer', async (_, takes, more, message) => {
    const before = await onHost(host, 'readlink', `${directory}/current`);
    const done = await deploy({ ...inputs, ...job({ ...hourly, calendar: 'daily' }, takes), ...more });
    expect(state(done)).toEqual([1, 'rolled-back']);
    expect(done.log).toMatch(message);
    expect(await onHost(host, 'readlink', `${directory}/current`)).toBe(before);
    expect(await onHost(host, 'grep', 'OnCalendar', '/etc/systemd/system/worker.timer')).toBe('OnCalendar=hourly');
    expect(await show('worker.timer', 'TimersCalendar')).toContain('*-*-* *:00:00');
    expect(await is('active', 'worker.timer')).toBe('active');
    expect(await show('worker', 'MainPID')).toBe('0');
    expect(await leftovers(host, directory)).toBe('');
  });

  test('a service that loses runner and power in place of a job: after the boot the timer counts, and nothing ran', async () => {
    await lostOnTheWay({ environment: 'WORKER_TAKES=3h' });
    expect(await is('active', 'worker.timer')).toBe('active');
    expect(await is('enabled', 'worker')).toBe('static');
    expect(await is('active', 'worker')).toBe('inactive');
  });

  test('the timer starts it, and no run begins while another one is under way', async () => {
    const before = (await said()).split('\n').length;
    const done = await deploy({ ...inputs, ...job({ calendar: '*-*-* *:*:0/1' }, '1500ms') });
    expect(state(done)).toEqual([0, 'healthy']);
    await eventually(async () => {
      const lines = (await said()).split('\n').slice(before);
      expect(lines.slice(0, 4)).toEqual(['begins', 'done', 'begins', 'done']);
    });
  });

  test('mode: rollback brings the timer of the release before', async () => {
    const done = await deploy({ ...inputs, mode: 'rollback' });
    expect(state(done)).toEqual([0, 'healthy']);
    expect(await show('worker.timer', 'TimersCalendar')).toContain('*-*-* *:00:00');
  });

  test('a run that was missed while the host was down is made up for at boot, without a runner', async () => {
    expect(state(await deploy({ ...inputs, ...job({ calendar: 'monthly', missed: 'run' }) }))).toEqual([0, 'healthy']);
    // a run of the release before goes on to its end
    await eventually(async () => expect(await is('active', 'worker')).toBe('inactive'));
    await onHost(host, 'journalctl', '--sync');
    const before = (await said()).split('\n').length;
    // systemd counts from when it last started it: as if that was two months ago
    await onHost(host, 'touch', '-d', '60 days ago', '/var/lib/systemd/timers/stamp-worker.timer');
    await (await labModule('host')).restart(host.name);
    await eventually(async () => expect((await said()).split('\n').slice(before)).toEqual(['begins', 'done']));
    const { log } = await deploy({ ...inputs, mode: 'status' });
    expect(log).toMatch(/runs next at [\d-]+-01 00:00:00 UTC, the last run succeeded/);
  });

  test('a run that fails later: status says so, and how', async () => {
    // without `run` the release counts as soon as its timer does
    expect(state(await deploy({ ...inputs, ...job({ calendar: 'hourly' }, 'nonsense') }))).toEqual([0, 'healthy']);
    expect((await deploy({ ...inputs, mode: 'status' })).outputs['state']).toBe('healthy');
    await onHost(host, 'sh', '-c', 'systemctl start worker || :');
    const failed = await deploy({ ...inputs, mode: 'status' });
    expect(failed.outputs['state']).toBe('failed');
    expect(failed.log).toMatch(/the last run failed \(exit code 1; at /);
  });

  test('a job that fails in place of a service: the service is up again, and its autostart with it', async () => {
    expect(state(await deploy({ ...inputs, environment: 'WORKER_TAKES=2h' }))).toEqual([0, 'healthy']);
    expect(await onHost(host, 'sh', '-c', 'ls /etc/systemd/system/worker.timer 2>/dev/null || :')).toBe('');
    expect(state(await deploy({ ...inputs, ...job(hourly, 'nonsense') }))).toEqual([1, 'rolled-back']);
    expect(await is('active', 'worker')).toBe('active');
    await lostOnTheWay(job(hourly, '1h'));
    expect(await is('active', 'worker')).toBe('active');
    expect(await is('enabled', 'worker')).toBe('enabled');
    expect(await onHost(host, 'sh', '-c', 'ls /etc/systemd/system/worker.timer 2>/dev/null || :')).toBe('');
  });

  test('without root it is a job of the user’s own', async () => {
    await onHost(host, 'loginctl', 'enable-linger', 'deploy');
    const own = { ...inputs, become: 'none', ...job(hourly) };
    const done = await deploy(own);
    expect([...state(done), done.log]).toEqual([0, 'healthy', expect.not.stringContaining('::error')]);
    expect(evidence(done)).toMatchObject({ timer: { lastRun: 'succeeded' } });
    expect(state(await deploy(own))).toEqual([0, 'unchanged']);
    expect((await deploy({ ...own, mode: 'remove' })).outputs['state']).toBe('removed');
  });

  test('by the installed agent, too; and remove takes all of it away', async () => {
    expect((await deploy({ ...inputs, mode: 'bootstrap' })).code).toBe(0);
    const done = await deploy({ ...inputs, become: 'agent', ...job(hourly) });
    expect([...state(done), done.log]).toEqual([0, 'healthy', expect.not.stringContaining('::error')]);
    expect((await deploy({ ...inputs, become: 'agent', mode: 'remove' })).outputs['state']).toBe('removed');
    const left =
      'ls -d /opt/slipway/worker /etc/systemd/system/*/worker* /etc/systemd/system/worker* /var/lib/systemd/timers/*worker* 2>/dev/null || :';
    expect(await onHost(host, 'sh', '-c', left)).toBe('');
    expect(await show('worker.timer', 'LoadState')).toBe('not-found');
  });
});
