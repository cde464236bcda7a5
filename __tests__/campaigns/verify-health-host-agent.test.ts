import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { deploy, onHost, reach } from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { makeUsers } from '../integration/host-users.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { type Verified, verify } from '../integration/verify-health.ts';

jest.setTimeout(60_000);

const agent = '/usr/local/lib/slipway/agent';

await describeWith(['fresh:host60', 'go'], 'verify-health on a host that was bootstrapped', lab => {
  const host = lab['fresh:host60'];
  const [unit, dropIns] = ['/etc/systemd/system/hello.service', '/etc/systemd/system/hello.service.d'];
  const onShell = (script: string) => onHost(host, 'sh', '-c', script);
  let folder: string;
  let access: Record<string, string>;
  let record: ReleaseRecord;
  let binary: { path: string; sha256: string };

  const look = (mode: string, more: Record<string, string> = {}, of = record): Promise<Verified> =>
    verify({ ...access, mode, deadline: '20s', ...more }, of);
  const identity = (done: Verified) => done.report.findings.find(one => one.kind === 'identity');

  beforeAll(async () => {
    await makeUsers(host, [{ name: 'deploy' }]);
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    binary = await buildHello(lab.go, folder, 'v1.0.0');
    const { hosts: _, ...keys } = await reach(host);
    const inputs = { ...keys, hosts: `deploy@${host.address}:22`, service: 'hello', type: 'notify', listen: '8080' };
    const root = { ...inputs, hosts: `root@${host.address}:22`, 'agent-user': 'deploy', mode: 'bootstrap' };
    expect((await deploy(root)).log).not.toContain('::error');
    await onShell(`mkdir -p ${dropIns} && printf '[Service]\nLimitNOFILE=4096\n' >${dropIns}/ours.conf`);
    const done = await deploy({ ...inputs, binary: binary.path, 'min-healthy-time': '300ms' });
    expect(done.log).not.toContain('::error');
    const again = await deploy({ ...inputs, binary: binary.path }, done.record);
    expect(again.outputs).toMatchObject({ state: 'unchanged' });
    record = again.record!;
    access = keys;
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true });
    await (await labModule('host')).down({ name: host.name, remove: true });
  }, 60_000);

  test('the identity is proven by exactly the line of sudoers that bootstrap wrote', async () => {
    expect(await onShell(`sudo -n -l -U deploy | grep -A9 'may run'`)).toMatch(
      new RegExp(`may run the following commands on \\S+:\\n\\s+\\(root\\) NOPASSWD: ${agent} ""$`),
    );
    const done = await look('verify', { checks: `http://${host.address}:8080/healthz` });
    expect(done.log).not.toContain('::error');
    expect(done.report).toMatchObject({ verdict: 'verified', identity: 'proven' });
    expect(identity(done).evidence).toMatchObject({ sha256: binary.sha256, activeState: 'active' });
    // without the agent the same user may not see it
    const denied = await look('verify', { become: 'sudo-shell' });
    expect(denied.report).toMatchObject({ verdict: 'inconclusive', reasons: ['no-access'] });
    expect(denied.log).toContain('sudo asks for a password');
  });

  test('both records of the deployment, made and unchanged, name the unit and its drop-in with their hashes', async () => {
    const sums = (await onShell(`sha256sum ${unit} ${dropIns}/ours.conf`)).split('\n').map(line => line.split('  '));
    const files = sums.map(([sha256, path]) => ({ path, sha256 }));
    expect(record.deployments.map(({ state, evidence }) => [state, evidence['unitFiles']])).toEqual([
      ['healthy', files],
      ['unchanged', files],
    ]);
  });

  test('an audit finds a drop-in of somebody else, loaded or not, one that was changed, and a changed unit', async () => {
    expect((await look('audit')).report).toMatchObject({ verdict: 'verified', identity: 'proven' });
    const reload = 'systemctl daemon-reload';
    const foreign = '/run/systemd/system/hello.service.d/foreign.conf';
    for (const [change, back, said] of [
      [
        `mkdir -p $(dirname ${foreign}) && printf '[Service]\nMemoryMax=1G\n' >${foreign}`,
        'true',
        'systemd has not read them again',
      ],
      [reload, `rm ${foreign}; ${reload}`, `${foreign} was added`],
      [
        `sed -i s/4096/8192/ ${dropIns}/ours.conf; ${reload}`,
        `sed -i s/8192/4096/ ${dropIns}/ours.conf; ${reload}`,
        `${dropIns}/ours.conf was changed`,
      ],
      [
        `cp -p ${unit} /root/kept; echo '# x' >>${unit}; ${reload}`,
        `mv /root/kept ${unit}; ${reload}`,
        `${unit} was changed`,
      ],
    ] as const) {
      await onShell(change);
      const done = await look('audit');
      expect(done.report).toMatchObject({ verdict: 'failed', reasons: ['unit-changed'] });
      expect(identity(done).detail).toContain(said);
      await onShell(back);
    }
    expect((await look('audit')).report).toMatchObject({ verdict: 'verified' });
  });

  test('a service that it was not made for is refused, and an agent that somebody changed is not believed', async () => {
    const [first] = record.deployments;
    const other = await look('verify', {}, { ...record, deployments: [{ ...first!, service: 'ssh' }] });
    expect(other.report).toMatchObject({ verdict: 'inconclusive', reasons: ['no-access'] });
    expect(other.log).toMatch(/may not look at ssh; allowed: hello in \/opt\/slipway\/hello/);
    await onShell(`cp -p ${agent} /root/agent; echo '# x' >>${agent}`);
    const changed = await look('verify');
    await onShell(`mv /root/agent ${agent}`);
    expect(changed.report).toMatchObject({ verdict: 'inconclusive', reasons: ['no-access'] });
    expect(changed.log).toContain('AGENT_CHANGED');
  });
});
