import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { cable } from './cable.ts';
import { type Deployed, deploy, fetchJson, leftovers, onHost, reach, startDeploy } from './deploy-ssh-systemd.ts';
import { campaignTest } from './extent.ts';
import { buildHello } from './hello.ts';
import { describeWith, type LabHost, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';

jest.setTimeout(60_000);

await describeWith(['fresh:host21', 'fresh:host22', 'fresh:host23', 'go'], 'deploy-ssh-systemd: strategies', lab => {
  const hosts: readonly LabHost[] = [lab['fresh:host21'], lab['fresh:host22'], lab['fresh:host23']];
  const [, second, third] = hosts as [LabHost, LabHost, LabHost];
  let folder: string;
  let inputs: Record<string, string>;

  const place = (host: LabHost) => `${host.user}@${host.address}:${host.port}`;
  const answers = async () => {
    const bodies = await Promise.all(hosts.map(host => fetchJson(`http://${host.address}:8080/`)));
    return bodies.map(({ body }) => body?.['greeting']);
  };
  const greetings = async () => {
    for (const host of hosts) expect(await leftovers(host, directory)).toBe('');
    return answers();
  };
  const greet = (greeting: string) => ({ environment: `HELLO_GREETING=${greeting}` });
  const states = (done: Deployed) => done.record!.deployments.map(one => one.state);
  /** From now on a release whose greeting begins with "bad" does not start there. */
  const breaks = async (host: LabHost) => {
    const test = `case "$$HELLO_GREETING" in bad*) exit 1;; esac`;
    const text = `[Service]\nExecStartPre=/bin/sh -c '${test}'\n`;
    const dropIns = '/etc/systemd/system/hello.service.d';
    await onHost(host, 'sh', '-c', `mkdir -p ${dropIns} && cat >${dropIns}/fail.conf <<'END'\n${text}END`);
    await onHost(host, 'systemctl', 'daemon-reload');
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    const known = await Promise.all(hosts.map(host => readFile(host.knownHosts, 'utf8')));
    inputs = {
      ...(await reach(hosts[0]!)),
      hosts: hosts.map(place).join('\n'),
      'known-hosts': known.join('\n'),
      service: 'hello',
      binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
      type: 'notify',
      listen: '8080',
      'health-checks': 'http://127.0.0.1:8080/readyz 200',
      'min-healthy-time': '500ms',
      'healthy-deadline': '5s',
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    const { down } = await labModule('host');
    for (const { name } of hosts) await down({ name, remove: true });
  }, 60_000);

  test('rolling: one after the other, and the whole fleet in the end', async () => {
    const done = await deploy({ ...inputs, ...greet('one'), strategy: 'rolling' });
    expect(done.log).not.toContain('::error');
    expect(states(done)).toEqual(['healthy', 'healthy', 'healthy']);
    const { deployments } = done.record!;
    for (const [index, one] of deployments.slice(1).entries())
      expect(Date.parse(one.started)).toBeGreaterThanOrEqual(Date.parse(deployments[index]!.ended!));
    expect(await greetings()).toEqual(['one', 'one', 'one']);
  });

  test('stop: the one that failed went back, the one before it stays, the rest is named as not begun', async () => {
    await breaks(second);
    const done = await deploy({ ...inputs, ...greet('bad1'), strategy: 'rolling' });
    expect(done.code).toBe(1);
    expect(done.outputs).toMatchObject({ state: 'rolled-back', changed: 'true' });
    expect(states(done)).toEqual(['healthy', 'rolled-back', 'not-begun']);
    expect(done.record!.deployments[2]).toMatchObject({
      place: place(third),
      evidence: { serving: expect.any(String) },
    });
    expect(done.log).toContain(`Not begun, and as before: ${place(third)}`);
    expect(done.summary).toMatch(new RegExp(`${third.address}.*not-begun: .*${second.address}.* failed`));
    expect(await greetings()).toEqual(['bad1', 'one', 'one']);
  });

  test('rollback-batch: what was changed together goes back together', async () => {
    const rolling = { strategy: 'rolling', batch: '2', 'on-failure': 'rollback-batch' };
    const done = await deploy({ ...inputs, ...greet('bad2'), ...rolling });
    expect(states(done)).toEqual(['rolled-back', 'rolled-back', 'not-begun']);
    expect(done.record!.deployments[0]!.evidence['reason']).toContain(`taken back because ${place(second)} failed`);
    expect(await greetings()).toEqual(['bad1', 'one', 'one']);
    await onHost(second, 'rm', '-r', '/etc/systemd/system/hello.service.d');
    await onHost(second, 'systemctl', 'daemon-reload');
  });

  test('rollback-all: also what was changed before', async () => {
    await deploy({ ...inputs, ...greet('one') });
    await breaks(third);
    const done = await deploy({ ...inputs, ...greet('bad3'), strategy: 'rolling', 'on-failure': 'rollback-all' });
    expect(done.code).toBe(1);
    expect(states(done)).toEqual(['rolled-back', 'rolled-back', 'rolled-back']);
    expect(await greetings()).toEqual(['one', 'one', 'one']);
  });

  test('a canary that falls while it soaks goes back, and no other host is begun', async () => {
    const falls = { environment: 'HELLO_GREETING=two\nHELLO_CRASH_AFTER=2s' };
    const done = await deploy({ ...inputs, ...falls, strategy: 'canary', 'soak-time': '5s' });
    expect(done.code).toBe(1);
    expect(states(done)).toEqual(['rolled-back', 'not-begun', 'not-begun']);
    expect(await greetings()).toEqual(['one', 'one', 'one']);
    const good = await deploy({ ...inputs, ...greet('two'), strategy: 'canary', 'soak-time': '1s' });
    expect(states(good)).toEqual(['healthy', 'healthy', 'healthy']);
    const [canary, ...rest] = good.record!.deployments;
    for (const one of rest) expect(Date.parse(one.started)).toBeGreaterThanOrEqual(Date.parse(canary!.ended!));
  });

  test('cancelled in the middle: what is under way goes back, what is done stays, the rest is not begun', async () => {
    const running = await startDeploy({ ...inputs, ...greet('three'), strategy: 'rolling', 'min-healthy-time': '3s' });
    await running.logged(`${place(second)}: switch done`);
    running.child.kill('SIGINT');
    const done = await running.ended;
    expect(done.code).toBe(1);
    expect(done.log).toMatch(/cancelled by SIGINT.*CANCELLED/);
    expect(states(done)).toEqual(['healthy', 'rolled-back', 'not-begun']);
    expect(await greetings()).toEqual(['three', 'two', 'two']);
  });

  campaignTest(
    'lost before it is begun: it is named, what it serves is not claimed, and the rest is not begun',
    async () => {
      const running = await startDeploy({ ...inputs, ...greet('five'), strategy: 'rolling', 'connect-timeout': '3s' });
      await running.logged(`${place(hosts[0]!)}: switch done`);
      await cable(second, 'down');
      const done = await running.ended;
      await cable(second, 'up');
      expect(done.code).toBe(1);
      expect(states(done)).toEqual(['healthy', 'failed', 'not-begun']);
      expect(done.record!.deployments[1]!.evidence).not.toHaveProperty('serving');
      expect(await greetings()).toEqual(['five', 'two', 'two']);
    },
    120_000,
  );

  campaignTest(
    'two runs with different hosts: one waits for the other where they meet, and both come to their end',
    async () => {
      const slow = await startDeploy({ ...inputs, ...greet('six'), strategy: 'rolling', 'min-healthy-time': '3s' });
      await slow.logged(`${place(second)}: switch done`);
      const meets = { ...inputs, hosts: [second, third].map(place).join('\n') };
      const impatient = await deploy({ ...meets, ...greet('no'), 'lock-wait': '0s', strategy: 'rolling' });
      expect(states(impatient)).toEqual(['failed', 'not-begun']);
      expect(impatient.log).toMatch(/another deployment of this service is under way: octocat.*LOCKED/);
      const other = await deploy({ ...meets, ...greet('seven'), strategy: 'rolling' });
      expect(states(await slow.ended)).toEqual(['healthy', 'healthy', 'healthy']);
      expect(states(other)).toEqual(['healthy', 'healthy']);
      // the second one waited for each host until the first was done with it
      expect(await greetings()).toEqual(['six', 'seven', 'seven']);
    },
  );

  test('one is not reached, as max-unavailable allows: the others are deployed, and it is named', async () => {
    // nobody listens there
    const elsewhere = inputs['hosts']!.replace(`${second.address}:22`, `${second.address}:2222`);
    const key = (await readFile(second.knownHosts, 'utf8')).replaceAll(second.address, `[${second.address}]:2222`);
    const known = `${inputs['known-hosts']}\n${key}`;
    const reached = { hosts: elsewhere, 'known-hosts': known, 'connect-timeout': '2s' };
    const [, before] = await answers();
    const done = await deploy({ ...inputs, ...reached, ...greet('four'), strategy: 'rolling', 'max-unavailable': '2' });
    expect(done.code).toBe(1);
    expect(done.outputs).toMatchObject({ state: 'unreachable', changed: 'true' });
    expect(done.record!.deployments.map(one => [one.place.split('@')[1], one.state])).toEqual([
      [`${hosts[0]!.address}:22`, 'healthy'],
      [`${third.address}:22`, 'healthy'],
      [`${second.address}:2222`, 'unreachable'],
    ]);
    expect(done.log).toMatch(new RegExp(`${second.address}:2222.*CONNECT_FAILED`));
    expect(await greetings()).toEqual(['four', before, 'four']);
  });

  campaignTest(
    'rollback-all, and one is lost that was done: it is told apart, the others go back',
    async () => {
      await breaks(third);
      const cut = {
        strategy: 'rolling',
        'on-failure': 'rollback-all',
        'connect-timeout': '3s',
        'min-healthy-time': '2s',
      };
      const running = await startDeploy({ ...inputs, ...greet('bad4'), ...cut });
      await running.logged(`${place(second)}: switch done`);
      await cable(hosts[0]!, 'down');
      const done = await running.ended;
      await cable(hosts[0]!, 'up');
      expect(states(done)).toEqual(['failed', 'rolled-back', 'rolled-back']);
      const [lost] = done.record!.deployments;
      // what it serves nobody knows; least of all the release before
      expect(lost!.evidence).not.toHaveProperty('serving');
      expect(done.log).toMatch(
        new RegExp(`${hosts[0]!.address}:22: it had to go back because .*${third.address}.* failed, and did not: `),
      );
      // the lost one's lock is held until its agent has heard nothing for a minute
      expect(await answers()).toEqual(['bad4', 'seven', 'four']);
    },
    120_000,
  );
});
