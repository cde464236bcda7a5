import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { emptyRecord } from '../../src/core/record/begin.ts';
import { remember } from '../remembered.ts';
import { type Deployed, deploy, fetchJson, leftovers, onHost, reach, startDeploy } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { describeWith, labModule } from './lab.ts';

jest.setTimeout(60_000);
const source = fileURLToPath(new URL('../../bench/gate/service', import.meta.url));

await describeWith(['fresh:host182', 'go'], 'deploy-ssh-systemd: smoke', lab => {
  const host = lab['fresh:host182'];
  let folder: string;
  let inputs: Record<string, string>;
  const onShell = (script: string) => onHost(host, 'sh', '-c', script);
  const environment = (more: string) => ({ environment: `GATE_LISTEN=127.0.0.1:8080\n${more}` });
  const smoke = (more: object = {}) => ({ smoke: JSON.stringify({ start: '500ms', timeout: '15s', ...more }) });
  const released = (given: Record<string, string>) => deploy({ ...inputs, ...given });
  const state = ({ record }: Deployed) => record?.deployments[0]?.['state'];
  /** What a trial may leave: nothing. */
  const trials = () =>
    onShell(`systemctl list-units --all --plain --no-legend 'slipway-smoke*' 'slipway-door*' 'slipway-unsmoke*'
      ls -d /run/slipway-smoke/* /run/systemd/system/slipway-* /var/lib/slipway-smoke* /var/lib/private/slipway-smoke* 2>/dev/null || :`);
  const serving = () =>
    onShell('readlink /opt/slipway/web/current; systemctl show -p MainPID,NRestarts,ActiveState web');

  const build = async (version: string) => {
    const path = join(folder, version);
    await run([lab.go, 'build', '-buildvcs=false', '-ldflags', `-s -w -X main.version=${version}`, '-o', path, '.'], {
      cwd: source,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOOS: 'linux' },
      timeout: 300_000,
    });
    return path;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-smoke-'));
    inputs = {
      ...(await reach(host)),
      service: 'web',
      become: 'sudo-shell',
      binary: await build('v1.0.0'),
      listen: '127.0.0.1:8080',
      'health-checks':
        'http://127.0.0.1:8080/ 200 within 1s failures 12\nhttp://127.0.0.1:8080/api/items 200 failures 12',
      'min-healthy-time': '300ms',
      'healthy-deadline': '20s',
      ...environment(''),
    };
    await onShell('systemd-run --quiet --unit=exporter python3 -m http.server 9100');
    expect(state(await released({}))).toBe('healthy');
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  let before: string;
  beforeEach(async () => {
    before = await serving();
    expect(before).toMatch(/ActiveState=active/);
  });
  const asBefore = async () => {
    expect(await serving()).toBe(before);
    expect(await trials()).toBe('');
    expect(await leftovers(host, '/opt/slipway/web')).toBe('');
  };

  test.each([
    ['crashes', { ...environment('GATE_FAULT=crash'), ...smoke() }, /it failed: exit code 1; it said: panic/],
    ['ends by itself', { ...environment('GATE_FAULT=exit\nGATE_AFTER=200ms'), ...smoke() }, /it ended by itself/],
    [
      'has no configuration',
      { ...environment('GATE_FILE=/etc/web/config.json'), ...smoke() },
      /open \/etc\/web\/config\.json: no such file/,
    ],
    [
      'does not take its configuration',
      { ...environment('GATE_AFTER=soon'), ...smoke({ start: undefined, check: '--check-config' }) },
      /the run with \["--check-config"\] failed: exit code 1; .*GATE_AFTER/,
    ],
    [
      'listens elsewhere',
      { environment: 'GATE_LISTEN=127.0.0.1:8081', ...smoke({ timeout: '6s' }) },
      /does not listen on 8080, but on 8081/,
    ],
    ['fails on one path', { ...environment('GATE_FAULT=status\nGATE_PATH=/api/items'), ...smoke() }, /api\/items.*500/],
    [
      'answers slowly',
      { ...environment('GATE_FAULT=slow\nGATE_DELAY=1200ms'), ...smoke({ timeout: '5s' }) },
      /8080\/.*instead of 1s/,
    ],
    [
      'wants a port that another has',
      { ...environment('GATE_FAULT=second-port\nGATE_SECOND=0.0.0.0:9100'), ...smoke() },
      /others have what it listens on: 9100 python3, .*of exporter.service/,
    ],
    [
      'uses too much memory',
      {
        ...environment('GATE_FAULT=leak\nGATE_RATE=400'),
        'drop-in': '[Service]\nLimitDATA=128M',
        ...smoke({ start: '1s' }),
      },
      /it failed: exit code 2; it said: (fatal error|SIG[A-Z]+): /,
    ],
    [
      'does not survive its reload',
      { ...environment('GATE_FAULT=hup'), 'reload-signal': 'SIGHUP', ...smoke() },
      /does not survive SIGHUP/,
    ],
    [
      'cannot reach what it needs',
      { ...environment('GATE_NEW=0'), ...smoke({ start: undefined, reach: ['tcp://127.0.0.1:5432'], timeout: '2s' }) },
      /not reachable.*5432/,
    ],
  ])('a release that %s is stopped, and nothing is switched', async (_, given, said) => {
    const done = await released(given as Record<string, string>);
    expect(done.log).toMatch(said);
    expect(done.log).toMatch(/smoke failed/);
    expect(done.log).not.toMatch(/switch done/);
    expect(done.log).toContain('SMOKE_FAILED');
    expect(state(done)).toBe('failed');
    await asBefore();
  });

  test('a good one passes all of it, and what it says is shown; the plan says what would be tried', async () => {
    const binary = await build('v1.1.0');
    const given = {
      binary,
      ...smoke({ check: ['--check-config'], reach: [`tcp://127.0.0.1:22`, 'http://127.0.0.1:8080/nothing'] }),
    };
    const plan = await released({ ...given, mode: 'plan' });
    expect(plan.log).toMatch(/before the switch .*must be reachable, .*is started in a network of its own for 500 ?ms/);
    await asBefore();
    const done = await released(given);
    expect(state(done)).toBe('healthy');
    expect(done.log).toMatch(/check: the configuration is good/);
    expect(done.log).toMatch(/tried for 500 ?ms: listens on 8080, its 2 checks pass/);
    expect((await fetchJson(`http://${host.address}:8080/`)).error).toBeDefined(); // loopback only
    expect(await trials()).toBe('');
    expect(state(await released(given))).toBe('unchanged');
  });

  test('on a port of its own, and with the folders of the service; those stay as they are', async () => {
    await onShell('echo kept >/var/lib/private/web/data');
    const owner = await onShell('stat -c %u /var/lib/private/web/data /var/lib/private/web');
    const done = await released({
      ...environment('GATE_NEW=1'),
      ...smoke({ port: 18_080, environment: { GATE_LISTEN: '127.0.0.1:{port}' }, state: 'shared' }),
    });
    expect(done.log).toMatch(/tried for 500 ?ms: listens on 18080/);
    expect(state(done)).toBe('healthy');
    expect(
      await onShell('cat /var/lib/private/web/data; stat -c %u /var/lib/private/web/data /var/lib/private/web'),
    ).toBe(`kept\n${owner}`);
    expect(await trials()).toBe('');
  });

  test('it runs as the service would: same user, limits, sandbox and credentials', async () => {
    const running = await startDeploy({
      ...inputs,
      ...environment('GATE_NEW=2'),
      credentials: 'token=secret-of-the-service',
      'memory-max': '64MiB',
      'unit-overrides': 'IPAddressDeny=10.0.0.0/8',
      ...smoke({ start: '3s', timeout: '20s' }),
    });
    await eventually(
      async () => expect(await onShell('systemctl is-active slipway-smoke-web || :')).toBe('active'),
      20_000,
    );
    const tried = await onShell('systemctl show slipway-smoke-web');
    const credentials = await onShell('cat /run/credentials/slipway-smoke-web.service/token');
    const done = await running.ended;
    expect(state(done)).toBe('healthy');
    const served = await onShell('systemctl show web');
    const pick = (text: string, name: string) => new RegExp(`^${name}=.*$`, 'm').exec(text)?.[0];
    for (const name of [
      ...[
        'DynamicUser',
        'ProtectSystem',
        'ProtectHome',
        'PrivateTmp',
        'PrivateDevices',
        'NoNewPrivileges',
        'MemoryMax',
      ],
      ...['CapabilityBoundingSet', 'SystemCallFilter', 'RestrictAddressFamilies', 'RestrictNamespaces', 'UMask'],
      ...['MemoryDenyWriteExecute', 'IPAddressDeny', 'ProtectProc', 'LockPersonality', 'LimitNOFILE', 'Environment'],
    ])
      expect(pick(tried, name)).toBe(pick(served, name));
    expect(await onShell('ls -l /run/credentials/web.service')).toMatch(/token/);
    expect(credentials).toBe('secret-of-the-service');
    expect(await trials()).toBe('');
  });

  test('a runner that is killed in a trial leaves none of it', async () => {
    const running = await startDeploy({
      ...inputs,
      ...environment('GATE_NEW=3'),
      ...smoke({ start: '30s', timeout: '50s' }),
    });
    await eventually(
      async () => expect(await onShell('systemctl is-active slipway-smoke-web || :')).toBe('active'),
      20_000,
    );
    running.child.kill('SIGKILL');
    await running.ended;
    await eventually(asBefore, 20_000);
  });

  test('nor does an agent that is killed, nor a power cut', async () => {
    const given = { ...inputs, ...environment('GATE_NEW=4'), ...smoke({ start: '30s', timeout: '50s' }) };
    const active = () =>
      eventually(
        async () => expect(await onShell('systemctl is-active slipway-smoke-web || :')).toBe('active'),
        20_000,
      );
    const first = await startDeploy(given);
    await active();
    // only the timer is left: its time has come
    await onShell(
      'for one in /proc/[0-9]*; do ! grep -qs slipway[-]agent $one/cmdline || kill -KILL ${one#/proc/}; done',
    );
    first.child.kill('SIGKILL');
    await first.ended;
    await onShell('systemctl start slipway-unsmoke-web.service');
    await eventually(asBefore, 20_000);

    const second = await startDeploy(given);
    await active();
    await (await labModule('host')).restart(host.name);
    second.child.kill('SIGKILL');
    await second.ended;
    expect(await onShell('ls -d /run/slipway-smoke/* /run/systemd/system/slipway-* 2>/dev/null || :')).toBe('');
    expect(state(await released({ ...environment('GATE_NEW=5'), ...smoke() }))).toBe('healthy');
    expect(await trials()).toBe('');
  });

  test('strategy: auto: the plan and the log say why; what did not change goes at once, a migration after a failure as a canary', async () => {
    const repository = join(folder, 'repository');
    const git = async (...args: string[]) => {
      const argv = ['git', '-C', repository, '-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args] as const;
      return (await run([...argv], { timeout: 30_000 })).stdout.trim();
    };
    const commit = async (name: string) => {
      await writeFile(join(repository, name), 'line\n'.repeat(300));
      await git('add', '-A');
      await git('commit', '-qm', name);
      return git('rev-parse', 'HEAD');
    };
    await mkdir(repository);
    await git('init', '-q');
    const first = await commit('main.go');
    const past = join(folder, 'records');
    const auto = async (sha: string, more: Record<string, string>) => {
      const record = join(folder, `${sha}.json`);
      await writeFile(record, JSON.stringify(emptyRecord({ name: 'web', version: 'v9', commit: sha })));
      const given = { release: record, 'working-directory': repository, history: JSON.stringify({ folder: past }) };
      return released({ ...given, strategy: 'auto', 'soak-time': '1s', ...more });
    };
    await remember(past, { state: 'healthy', commit: first, service: 'web' });
    const low = await auto(first, { mode: 'plan' });
    expect(low.log).toMatch(/risk 0 points, low .*: strategy all/);
    await remember(past, { state: 'rolled-back', commit: first, service: 'web' });
    const high = await auto(await commit('0001.sql'), environment('GATE_NEW=6'));
    // 15 for lines, 25 for the migration, 20 for the failure: a canary
    expect(high.log).toMatch(/risk 60 points, high .*: strategy canary, which must stay healthy for 1s/);
    expect(high.log).toMatch(/25 {2}changed files of migrations: 1/);
    expect(high.summary).toContain('### Risk: 60 points, high');
    expect(high.log).not.toContain('::error');
    expect(high.log).not.toContain('not known');
  });

  test('a confined agent tries a release as it would switch to it, and no other', async () => {
    const confined = { ...inputs, service: 'other', become: 'agent', listen: '127.0.0.1:8090' };
    const own = { environment: 'GATE_LISTEN=127.0.0.1:8090', 'health-checks': 'http://127.0.0.1:8090/ 200' };
    expect((await deploy({ ...confined, mode: 'bootstrap', ...own })).log).not.toContain('::error');
    const done = await deploy({ ...confined, ...own, ...smoke({ check: ['--check-config'] }) });
    expect(done.log).toMatch(/listens on 8090, its check passes/);
    expect(state(done)).toBe('healthy');
    const bad = await deploy({
      ...confined,
      ...own,
      environment: 'GATE_LISTEN=127.0.0.1:8090\nGATE_FAULT=crash',
      ...smoke(),
    });
    expect(bad.log).toContain('SMOKE_FAILED');
    expect(await trials()).toBe('');
  });
});
