import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Deployed, deploy, fetchJson, helloService, leftovers, onHost, reach } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { describeWith, type LabHost, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';

jest.setTimeout(60_000);

await describeWith(['fresh:host28', 'fresh:host29', 'go'], 'deploy-ssh-systemd: hooks and modes', lab => {
  const hosts: readonly LabHost[] = [lab['fresh:host28'], lab['fresh:host29']];
  const [first, second] = hosts as [LabHost, LabHost];
  let folder: string;
  let inputs: Record<string, string>;

  const place = (host: LabHost) => `${host.user}@${host.address}:${host.port}`;
  const greet = (greeting: string, more = '') => ({ environment: `HELLO_GREETING=${greeting}\n${more}` });
  const states = (done: Deployed) => done.record!.deployments.map(one => one.state);
  const greetings = async () => {
    for (const host of hosts) expect(await leftovers(host, directory)).toBe('');
    return Promise.all(
      hosts.map(async ({ address }) => (await fetchJson(`http://${address}:8080/`)).body?.['greeting']),
    );
  };
  const pid = (host: LabHost) => onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'hello');
  const hooked = (hooks: Record<string, unknown>) => ({ hooks: JSON.stringify(hooks) });
  const ran = (done: Deployed) =>
    done.record!.deployments.flatMap(one => (one.evidence['hooks'] ?? []) as Record<string, unknown>[]);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    const known = await Promise.all(hosts.map(host => readFile(host.knownHosts, 'utf8')));
    inputs = {
      ...(await reach(first)),
      hosts: hosts.map(place).join('\n'),
      'known-hosts': known.join('\n'),
      ...helloService(),
      binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    const { down } = await labModule('host');
    for (const { name } of hosts) await down({ name, remove: true });
  }, 60_000);

  describe('hooks', () => {
    test('each where and when it is meant to run, as the user of the connection, with its output in log and record', async () => {
      const file = join(folder, 'runner');
      const say = 'echo "$SLIPWAY_HOOK $(id -un)"';
      const done = await deploy({
        ...inputs,
        ...greet('one', "TOKEN=it's $(touch /tmp/executed)"),
        ...hooked({
          'before-deploy': `${say}; ls "$SLIPWAY_RELEASE_DIRECTORY/hello"; printf %s "$TOKEN" >/tmp/token`,
          'after-switch': [say, { run: `echo "$SLIPWAY_HOST" >>${file}`, on: 'runner' }],
          'after-deploy': { run: `${say}; echo "secret=$TOKEN"; cat`, on: 'each' },
        }),
      });
      expect(done.log).not.toContain('::error');
      expect(done.log).toContain(': hook before-deploy: before-deploy deploy');
      const names = ran(done).map(one => one['hook']);
      expect(names.filter(name => name === 'before-deploy')).toHaveLength(1);
      expect(names.filter(name => name === 'after-switch')).toHaveLength(4);
      expect(names.filter(name => name === 'after-deploy')).toHaveLength(2);
      expect((await readFile(file, 'utf8')).trim().split('\n').sort()).toEqual(hosts.map(host => host.address).sort());
      // its value as it is, only where it is meant to be, and nothing of it executed
      const tokens = await Promise.all(
        hosts.map(host => onHost(host, 'sh', '-c', 'cat /tmp/token /tmp/executed 2>/dev/null')),
      );
      expect(tokens.sort()).toEqual(['', "it's $(touch /tmp/executed)"]);
      expect(done.log).toContain('secret=***');
      const output = ran(done).find(one => one['hook'] === 'after-deploy')!;
      expect(output).toMatchObject({
        code: 0,
        outputSha256: createHash('sha256')
          .update("after-deploy deploy\nsecret=it's $(touch /tmp/executed)\n")
          .digest('hex'),
      });
    });

    test('nothing is done again where nothing is changed', async () => {
      const done = await deploy({
        ...inputs,
        ...greet('one', "TOKEN=it's $(touch /tmp/executed)"),
        ...hooked({ 'before-deploy': 'exit 1' }),
      });
      expect(states(done)).toEqual(['unchanged', 'unchanged']);
      expect(ran(done)).toEqual([]);
    });

    test('a before-deploy that fails: no host is switched', async () => {
      const before = await Promise.all(hosts.map(pid));
      const done = await deploy({ ...inputs, ...greet('two'), ...hooked({ 'before-deploy': 'echo no; exit 7' }) });
      expect(done.code).toBe(1);
      expect(done.log).toMatch(/hook before-deploy on .* ended with exit code 7.*HOOK_FAILED/);
      expect(states(done)).toEqual(['failed', 'failed']);
      expect(done.outputs).toMatchObject({ changed: 'false' });
      expect(ran(done)).toMatchObject([{ hook: 'before-deploy', code: 7 }]);
      expect(await Promise.all(hosts.map(pid))).toEqual(before);
    });

    test('an after-switch that fails or hangs takes the host back, and on-rollback is told', async () => {
      const hooks = {
        'after-switch': { run: `[ "$SLIPWAY_HOST" = ${first.address} ] || sleep 60`, timeout: '1s' },
        'on-rollback': 'echo "$SLIPWAY_RELEASE" >/tmp/back; exit 3',
      };
      const done = await deploy({ ...inputs, ...greet('two'), ...hooked(hooks) });
      expect(states(done)).toEqual(['healthy', 'rolled-back']);
      expect(done.log).toContain('hook after-switch on');
      expect(done.log).toContain('took longer than 1 s');
      expect(done.log).toMatch(/::warning.*hook on-rollback.*exit code 3/);
      expect(await greetings()).toEqual(['two', 'one']);
      expect(await onHost(second, 'cat', '/tmp/back')).toBe(done.record!.deployments[1]!.release);
      // the agent sleeps, too, until it sees that the connection is gone
      const sleeping = 'ps ax 2>/dev/null | grep -q "[s]leep 60"';
      const gone = `for try in $(seq 100); do ${sleeping} || { echo gone; exit; }; sleep 0.1; done; echo still there`;
      expect(await onHost(second, 'sh', '-c', gone)).toBe('gone');
    });

    test('an after-deploy that fails fails the step, and the release stays', async () => {
      const done = await deploy({
        ...inputs,
        ...greet('two'),
        ...hooked({ 'after-deploy': { run: 'exit 5', on: 'runner' } }),
      });
      expect(done.code).toBe(1);
      expect(done.log).toMatch(/hook after-deploy on the runner ended with exit code 5.*HOOK_FAILED/);
      expect(states(done)).toEqual(['unchanged', 'healthy']);
      expect(await greetings()).toEqual(['two', 'two']);
    });
  });

  describe('modes', () => {
    test('rollback to a release by its id, to a version, and what there is when it is not there', async () => {
      const third = await deploy({ ...inputs, ...greet('three') });
      const [{ release = '', previous = '' } = {}] = third.record!.deployments;
      const [one = ''] = (await onHost(first, 'ls', `${directory}/releases`))
        .split('\n')
        .filter(id => ![release, previous].includes(id));
      const back = await deploy({ ...inputs, mode: 'rollback', to: one });
      expect(states(back)).toEqual(['healthy', 'healthy']);
      expect(await greetings()).toEqual(['one', 'one']);
      const missing = await deploy({ ...inputs, mode: 'rollback', to: 'v9.9.9' });
      expect(missing.code).toBe(1);
      expect(missing.log).toMatch(/the release v9.9.9 is not there; there are: .*serves now.*RELEASE_MISSING/);
      expect(missing.log).toContain(release);
      // the version that all have here: that which was served last
      const version = one.replace(/-[0-9a-f]{12}$/, '');
      const same = await deploy({ ...inputs, mode: 'rollback', to: version });
      expect(states(same)).toEqual(['unchanged', 'unchanged']);
    });

    test('restart: new processes of the same release, through the gate', async () => {
      const before = await Promise.all(hosts.map(pid));
      const done = await deploy({ ...inputs, mode: 'restart', strategy: 'rolling' });
      expect(done.log).not.toContain('::error');
      expect(states(done)).toEqual(['healthy', 'healthy']);
      const after = await Promise.all(hosts.map(pid));
      expect(after.filter(one => before.includes(one))).toEqual([]);
      expect(await greetings()).toEqual(['one', 'one']);
    });

    test('restart of what does not come up again: it is said, and no other host is begun', async () => {
      const drop = '/etc/systemd/system/hello.service.d';
      await onHost(
        first,
        'sh',
        '-c',
        `mkdir ${drop} && printf '[Service]\\nEnvironment=HELLO_READY_DELAY=4s\\n' >${drop}/slow.conf`,
      );
      await onHost(first, 'systemctl', 'daemon-reload');
      const done = await deploy({ ...inputs, mode: 'restart', strategy: 'rolling', 'healthy-deadline': '2s' });
      expect(states(done)).toEqual(['failed', 'not-begun']);
      expect(done.log).toMatch(/did not pass.*GATE_FAILED/);
      await onHost(first, 'rm', '-r', drop);
      await onHost(first, 'systemctl', 'daemon-reload');
      expect(states(await deploy({ ...inputs, mode: 'restart' }))).toEqual(['healthy', 'healthy']);
    });

    test('remove: all that is ours goes, what the service wrote stays; again, there is nothing to do', async () => {
      await onHost(second, 'sh', '-c', 'touch /var/lib/hello/data');
      const done = await deploy({ ...inputs, hosts: place(second), mode: 'remove' });
      expect(done.log).not.toContain('::error');
      expect(states(done)).toEqual(['removed']);
      expect(done.log).toContain('left as it is: /var/lib/hello');
      const left =
        'ls -d /opt/slipway/* /etc/systemd/system/*hello* /var/lib/hello/data 2>/dev/null; systemctl is-active hello';
      expect(await onHost(second, 'sh', '-c', left)).toBe('/var/lib/hello/data\ninactive');
      const again = await deploy({ ...inputs, hosts: place(second), mode: 'remove' });
      expect(states(again)).toEqual(['unchanged']);
    });

    test('remove refuses what is not ours', async () => {
      const done = await deploy({ ...inputs, hosts: place(second), mode: 'remove', service: 'ssh' });
      expect(done.code).toBe(1);
      expect(done.log).toMatch(/ssh\.service is not of Slipway.*REMOVE_REFUSED/);
      expect(await onHost(second, 'systemctl', 'is-active', 'ssh')).toBe('active');
    });

    test('converge: a new host gets what the others serve, from one of them; those are left alone', async () => {
      const before = await pid(first);
      const { binary: _binary, ...without } = inputs;
      const done = await deploy({ ...without, ...greet('one', "TOKEN=it's $(touch /tmp/executed)"), mode: 'converge' });
      expect(done.log).not.toContain('::error');
      expect(done.log).toContain(`the binary comes from ${place(first)}`);
      expect(states(done)).toEqual(['unchanged', 'healthy']);
      const [old, fresh] = done.record!.deployments;
      expect([fresh!.release, fresh!.binary]).toEqual([old!.release, old!.binary]);
      expect(await pid(first)).toBe(before);
      expect(await greetings()).toEqual(['one', 'one']);
    });

    test('converge: when the hosts serve different versions, one has to be named', async () => {
      const version = JSON.parse(await onHost(second, 'cat', `${directory}/current/release.json`)).version;
      const edit = `s/"version": "${version}"/"version": "v0.0.9"/`;
      await onHost(second, 'sed', '-i', edit, `${directory}/current/release.json`);
      const { binary: _binary, ...without } = inputs;
      const done = await deploy({ ...without, mode: 'converge' });
      expect(done.code).toBe(1);
      expect(done.log).toMatch(/different versions: .*v0\.0\.9.*VERSIONS_DIFFER/);
    });
  });
});
