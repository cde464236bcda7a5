import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { type Deployed, deploy, fetchJson, leftovers, onHost, reach, startDeploy } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildHello } from './hello.ts';
import { describeWith, labModule } from './lab.ts';
import { startLoad } from './load.ts';

jest.setTimeout(120_000);

await describeWith(['fresh:host112', 'go'], 'deploy-ssh-systemd: strategy blue-green', lab => {
  const host = lab['fresh:host112'];
  let folder: string;
  let inputs: Record<string, string>;
  const onShell = (script: string) => onHost(host, 'sh', '-c', script);
  const hello = (more: string) => ({ environment: `HELLO_LISTEN=127.0.0.1:{port}\n${more}` });
  const run = (given: Record<string, string>) => deploy({ ...inputs, ...given });
  const states = (done: Deployed) => done.record?.deployments.map(one => one.state);
  /** What is served through nginx. */
  const greeting = async () => (await fetchJson(`http://${host.address}/`)).body?.['greeting'];
  const active = () =>
    onShell('for one in hello hello-blue hello-green; do systemctl --quiet is-active $one && echo $one; done || :');
  const everything = () =>
    onShell(`ls -A /opt/slipway/hello/releases /etc/nginx/conf.d; cat /etc/systemd/system/hello*.service /etc/nginx/conf.d/*;
      readlink /opt/slipway/hello/current; systemctl show -p MainPID hello hello-blue hello-green`);
  const underLoad = async <T>(task: () => Promise<T>) => {
    const load = startLoad(`http://${host.address}/`);
    const done = await task();
    const seen = await load.end();
    expect(seen.failed).toEqual({});
    expect(seen.answered).toBeGreaterThan(20);
    return done;
  };

  beforeAll(async () => {
    const { install } = await labModule('host');
    await install(host.name, ['nginx-light']);
    await onShell(
      'rm -f /etc/nginx/modules-enabled/* /etc/nginx/sites-enabled/default; systemctl daemon-reload; systemctl enable --now nginx',
    );
    folder = await mkdtemp(join(tmpdir(), 'slipway-blue-green-'));
    inputs = {
      ...(await reach(host)),
      service: 'hello',
      type: 'notify',
      become: 'sudo-shell',
      binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
      proxy: JSON.stringify({ names: 'hello.example.org' }),
      strategy: 'blue-green',
      ports: '8081, 8082',
      'health-checks': 'http://127.0.0.1:8081/readyz 200',
      'min-healthy-time': '300ms',
      'healthy-deadline': '15s',
      'soak-time': '1s',
      ...hello('HELLO_GREETING=blue'),
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('from one unit to two instances, under load', async () => {
    const { ports: _, ...one } = inputs;
    const rolling = {
      ...one,
      strategy: 'rolling',
      listen: '8080',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      environment: 'HELLO_GREETING=one',
    };
    const first = await deploy(rolling);
    expect([states(first), first.log]).toEqual([['healthy'], expect.not.stringContaining('::error')]);
    await underLoad(async () => expect(states(await run({}))).toEqual(['healthy']));
    expect(await greeting()).toBe('blue');
    await eventually(async () => expect(await active()).toBe('hello-blue'));
  });

  test('the plan says whose turn it is, and changes nothing', async () => {
    const before = await everything();
    const done = await run({ ...hello('HELLO_GREETING=green'), mode: 'plan' });
    expect(done.log).toMatch(/green is started on port 8082, tried, and then .*; blue is stopped after soak-time/);
    expect(await everything()).toBe(before);
  });

  test('a release under load fails no request; applied again nothing changes; status says who serves', async () => {
    await underLoad(async () => expect(states(await run(hello('HELLO_GREETING=green')))).toEqual(['healthy']));
    expect(await greeting()).toBe('green');
    await eventually(async () => expect(await active()).toBe('hello-green'));
    const before = await everything();
    expect(states(await run(hello('HELLO_GREETING=green')))).toEqual(['unchanged']);
    expect(await everything()).toBe(before);
    const { log } = await run({ mode: 'status' });
    expect(log).toMatch(/green serves, active \(running\).*; blue has v\S+ \(inactive\)/);
    expect(await leftovers(host, '/opt/slipway/hello')).toBe('');
  });

  test('one that is not healthy never gets a request', async () => {
    const passed = () => onShell('grep -c passed /opt/slipway/hello/state/steps');
    const before = await passed();
    const done = await underLoad(() => run({ ...hello('HELLO_GREETING=never\nHELLO_READY_DELAY=60s'), type: 'exec' }));
    expect(states(done)).toEqual(['rolled-back']);
    expect(done.log).not.toMatch(/soak (done|failed)/);
    expect(await passed()).toBe(before);
    expect(await greeting()).toBe('green');
    await eventually(async () => expect(await active()).toBe('hello-green'));
  });

  test('one that dies with the requests is switched back', async () => {
    const running = await startDeploy({ ...inputs, ...hello('HELLO_GREETING=dies'), 'soak-time': '20s' });
    await eventually(async () => expect(await greeting()).toBe('dies'), 20_000);
    await onShell('systemctl kill -s KILL hello-blue');
    const done = await running.ended;
    expect(states(done)).toEqual(['rolled-back']);
    expect(done.log).toMatch(/soak failed/);
    expect(await greeting()).toBe('green');
    await eventually(async () => expect(await active()).toBe('hello-green'));
    expect(await leftovers(host, '/opt/slipway/hello')).toBe('');
  });

  test('a runner that is killed while it soaks: the host switches back by itself, and fails no request', async () => {
    const short = { 'healthy-deadline': '6s', 'soak-time': '2s', 'min-healthy-time': '100ms' };
    await underLoad(async () => {
      const running = await startDeploy({ ...inputs, ...hello('HELLO_GREETING=orphan'), ...short });
      await eventually(async () => expect(await greeting()).toBe('orphan'), 20_000);
      running.child.kill('SIGKILL');
      await running.ended;
      await eventually(async () => expect(await greeting()).toBe('green'), 40_000);
    });
    await eventually(async () => expect(await active()).toBe('hello-green'));
    await eventually(async () => expect(await leftovers(host, '/opt/slipway/hello')).toBe(''));
  });

  test('the power is cut while it soaks: the one of before serves, alone, and status says which', async () => {
    const running = await startDeploy({ ...inputs, ...hello('HELLO_GREETING=cut'), 'soak-time': '20s' });
    await eventually(async () => expect(await greeting()).toBe('cut'), 20_000);
    running.child.kill('SIGKILL');
    await running.ended;
    await (await labModule('host')).restart(host.name);
    await eventually(async () => expect(await greeting()).toBe('green'));
    await eventually(async () => expect(await active()).toBe('hello-green'));
    expect(await leftovers(host, '/opt/slipway/hello')).toBe('');
    const { log, outputs } = await run({ mode: 'status' });
    expect(log).toMatch(/green serves, active \(running\).*; blue has v\S+ \(inactive\)/);
    expect(outputs['state']).toBe('healthy');
  });

  test('a rollback goes to the release before, under load', async () => {
    const done = await underLoad(() => run({ mode: 'rollback' }));
    expect(states(done)).toEqual(['healthy']);
    expect(await greeting()).toBe('blue');
    await eventually(async () => expect(await active()).toBe('hello-blue'));
    expect(await onShell('systemctl is-enabled hello-blue; systemctl is-enabled hello-green || :')).toBe(
      'enabled\ndisabled',
    );
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['the same port twice', { ports: '8081 8081' }, /both are 8081: each instance has a port of its own/],
    ['nothing in front', { proxy: '' }, /"strategy" is blue-green, and there is no "proxy" on the host/],
    [
      'the port of somebody else',
      { ports: '8081, 8090' },
      /port 8090, of green, is in use by something else.*PORT_IN_USE/,
    ],
  ])('refused before anything is changed: %s', async (_, given, words) => {
    const listener = 'IO::Socket::INET->new(LocalPort => 8090, Listen => 1) and sleep 600';
    if (given['ports']?.includes('8090') === true)
      await onShell(
        `systemd-run --quiet --unit=other perl -MIO::Socket::INET -e '${listener}' && until ss -ltn | grep -q :8090; do sleep 0.1; done`,
      );
    const before = await everything();
    const done = await run({ ...hello('HELLO_GREETING=refused'), ...given });
    expect(done.log).toMatch(words);
    expect(done.code).toBe(1);
    expect(await everything()).toBe(before);
  });

  test('a disk that is full when its unit or the site is written: what served serves, and the next release comes', async () => {
    const written = '/opt/slipway/hello/state/.dressed';
    const before = await everything();
    await onShell(`mkdir /small && mount -t tmpfs -o size=4k tmpfs /small && head -c 4096 /dev/zero >/small/full
      ln -sf /small/dressed ${written}`);
    const full = await run(hello('HELLO_GREETING=full'));
    await onShell(`rm ${written}; umount /small`);
    expect(full.log).toMatch(/cannot be written/);
    expect(full.code).toBe(1);
    expect((await everything()).replace(/^v.*\n/gm, '')).toBe(before.replace(/^v.*\n/gm, ''));
    expect(states(await run(hello('HELLO_GREETING=room again')))).toEqual(['healthy']);
    expect(await greeting()).toBe('room again');
  });

  test('an installed agent does it, with the site that root has let it', async () => {
    const root = `root@${host.address}:${host.port}`;
    expect((await run({ mode: 'bootstrap', hosts: root, 'agent-user': 'deploy' })).code).toBe(0);
    const done = await run({ become: 'agent', ...hello('HELLO_GREETING=by the agent') });
    expect(states(done)).toEqual(['healthy']);
    expect(await greeting()).toBe('by the agent');
    const led = await onShell('grep -oE "127.0.0.1:808[12]; # .*" /etc/nginx/conf.d/slipway-hello.conf');
    expect(['127.0.0.1:8082; # blue: 8081', '127.0.0.1:8081; # green: 8082']).toContain(led);
  });

  test('back to one unit; removed, nothing is left', async () => {
    const { ports: _, ...one } = inputs;
    const rolling = {
      ...one,
      strategy: 'rolling',
      listen: '8080',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      environment: 'HELLO_GREETING=one again',
    };
    expect(states(await deploy(rolling))).toEqual(['healthy']);
    expect(await greeting()).toBe('one again');
    await eventually(async () => expect(await active()).toBe('hello'));
    expect(states(await run({ mode: 'remove' }))).toEqual(['removed']);
    expect(await onShell('ls -A /etc/nginx/conf.d; ls /etc/systemd/system | grep hello || :')).toBe('');
  });

  test('a job becomes two instances, and these a job; one that fails in its place leaves its run alone', async () => {
    const { ports: _, strategy: __, proxy: ___, 'health-checks': ____, ...others } = inputs;
    // it would go on for ever, and runs only when it is told to
    const job = {
      ...others,
      type: 'exec',
      binary: (await buildHello(lab.go, folder, 'v2.0.0')).path,
      environment: 'HELLO_LISTEN=127.0.0.1:8083',
      timer: '{calendar: yearly}',
    };
    expect(states(await deploy(job))).toEqual(['healthy']);
    await onShell('systemctl start --no-block hello');
    const running = () => onShell('systemctl show -p MainPID --value hello');
    await eventually(async () => expect(await running()).not.toBe('0'));
    const pid = await running();
    const never = { ...hello('HELLO_READY_DELAY=60s'), 'healthy-deadline': '2s' };
    expect(states(await run(never))).toEqual(['rolled-back']);
    expect([await running(), await onShell('systemctl is-active hello.timer')]).toEqual([pid, 'active']);
    const done = await run({});
    expect([states(done), done.log]).toEqual([['healthy'], expect.not.stringContaining('::error')]);
    expect(await greeting()).toBe('blue');
    await eventually(async () => expect(await active()).toBe('hello-blue'));
    expect(states(await deploy(job))).toEqual(['healthy']);
    await eventually(async () => expect(await active()).toBe(''));
    expect(await onShell('systemctl is-active hello.timer')).toBe('active');
    expect(states(await deploy({ ...job, mode: 'remove' }))).toEqual(['removed']);
  }, 180_000);
});
