import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  type Deployed,
  deploy,
  fetchJson,
  helloService,
  leftovers,
  onHost,
  reach,
  startDeploy,
} from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildHello } from './hello.ts';
import { describeWith, type LabHost, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';
const place = '/etc/slipway/firewall/hello';
/** Where the host forwards to its sshd: to the host, who comes by it comes from itself. */
const detour = 2222;

jest.setTimeout(90_000);

await describeWith(['fresh:host110', 'go'], 'deploy-ssh-systemd: firewall', lab => {
  const host: LabHost = lab['fresh:host110'];
  let folder: string;
  let inputs: Record<string, string>;
  /** The runner's address, as the host sees it. */
  const here = host.address.replace(/\d+$/, '1');
  const elsewhere = host.address.replace(/\d+$/, '250');

  const sh = (script: string) => onHost(host, 'sh', '-c', script);
  const table = () => sh('nft list table inet slipway-hello 2>/dev/null');
  const state = (done: Deployed) => done.record!.deployments.at(-1)!.state;
  const walled = (firewall: Record<string, unknown>, more: Record<string, string> = {}) =>
    deploy({ ...inputs, ...more, firewall: JSON.stringify(firewall) });
  const greet = (greeting: string) => ({ environment: `HELLO_GREETING=${greeting}` });
  const greeting = async () => {
    expect(await leftovers(host, directory)).toBe('');
    return (await fetchJson(`http://${host.address}:8080/`)).body?.['greeting'];
  };
  /** Whether something accepts connections there; what is dropped does not answer. */
  const isOpen = (port: number) =>
    new Promise<boolean>(resolve => {
      const socket = connect({ host: host.address, port, timeout: 700 });
      const end = (open: boolean) => {
        socket.destroy();
        resolve(open);
      };
      socket.on('connect', () => end(true));
      socket.on('timeout', () => end(false));
      socket.on('error', () => end(false));
    });

  const startDetour = () =>
    sh(`systemd-run --quiet --unit=detour --socket-property=ListenStream=${detour} \
      /lib/systemd/systemd-socket-proxyd 127.0.0.1:22`);

  beforeAll(async () => {
    const { install } = await labModule('host');
    await install(host.name, ['nftables', 'ufw', 'firewalld']);
    // dbus has to know firewalld's rights
    await sh('systemctl reload dbus; systemctl daemon-reload');
    await startDetour();
    folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
    inputs = {
      ...(await reach(host)),
      ...helloService('30s'),
      binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
    };
  }, 300_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    const { down } = await labModule('host');
    await down({ name: host.name, remove: true });
  }, 60_000);

  describe('nft', () => {
    test('planned, then the one port is open and nothing else but SSH; a second time nothing is changed', async () => {
      const wall = { 'default-deny': true };
      const plan = await walled(wall, { mode: 'plan', ...greet('one') });
      expect(plan.log).toContain('system/firewall +');
      expect(plan.log).toMatch(/default-deny closes ports that somebody listens on: .*\b2222\b/);
      expect(await table()).toBe('');
      const done = await walled(wall, greet('one'));
      expect(done.log).not.toContain('::error');
      expect([await isOpen(8080), await isOpen(22), await isOpen(detour)]).toEqual([true, true, false]);
      const before = await sh(`stat -c %Y%i ${place} /etc/systemd/system/slipway-firewall-hello.service`);
      expect(state(await walled(wall, greet('one')))).toBe('unchanged');
      expect(await sh(`stat -c %Y%i ${place} /etc/systemd/system/slipway-firewall-hello.service`)).toBe(before);
    });

    test('status says whether they are in force', async () => {
      const confirmed = await deploy({ ...inputs, mode: 'status' });
      expect(confirmed.outputs).toMatchObject({
        state: 'healthy',
        status: expect.stringMatching(/\n {2}firewall: rules by nft are in force, default-deny confirmed$/),
      });
      await sh('nft delete table inet slipway-hello');
      const gone = await deploy({ ...inputs, mode: 'status' });
      expect(gone.outputs['state']).toBe('failed');
      expect(gone.log).toContain('  firewall: its rules by nft are not in force');
      expect(gone.summary).toMatch(/^- ❌ `.*` firewall: its rules by nft are not in force$/m);
      await sh(`nft -f ${place}`);
    });

    test('only from the sources that are named; taken back with the release', async () => {
      const done = await walled({ from: [elsewhere] }, greet('two'));
      expect(done.log).not.toContain('::error');
      expect([await isOpen(8080), await isOpen(detour)]).toEqual([false, true]);
      const back = await deploy({ ...inputs, mode: 'rollback' });
      expect(back.log).not.toContain('::error');
      expect([await isOpen(8080), await isOpen(detour), await greeting()]).toEqual([true, false, 'one']);
    });

    test('rules that nft does not take: nothing is switched', async () => {
      const other = await sh(`cd ${directory}/releases && ls | grep -vx "$(basename "$(readlink ../current)")"`);
      await sh(`sed -i 's/dport/dprot/' ${directory}/releases/${other}/system/firewall`);
      const done = await deploy({ ...inputs, mode: 'rollback', to: other });
      expect(done.log).toContain('SYSTEM_REFUSED');
      expect(done.log).toContain('dprot');
      expect([await isOpen(8080), await isOpen(detour), await greeting()]).toEqual([true, false, 'one']);
    });

    test('where another service’s rules would drop it, it is refused before anything is changed', async () => {
      const done = await walled({}, { service: 'second', listen: '8090', mode: 'plan', 'health-checks': '' });
      expect(done.log).toMatch(/default-deny of hello .* tcp 8090.*FIREWALL_CLOSED/);
    });

    test('it is there again after nftables.service has flushed all, and after a reboot', async () => {
      await sh('systemctl enable --now nftables && systemctl reload nftables');
      await eventually(async () => expect(await table()).toContain('policy drop'));
      await (await labModule('host')).restart(host.name);
      await eventually(async () => expect(await table()).toContain('policy drop'));
      expect(await sh('nft list tables')).toContain('table inet filter');
      await startDetour();
      await eventually(async () => expect([await isOpen(8080), await isOpen(detour)]).toEqual([true, false]));
    });
  });

  describe('a default-deny that locks the runner out', () => {
    const byDetour = async () => {
      const known = (await readFile(host.knownHosts, 'utf8')).replaceAll(host.address, `[${host.address}]:${detour}`);
      return { hosts: `${host.user}@${host.address}:${detour}`, 'known-hosts': known };
    };

    beforeAll(async () => {
      const done = await walled({}, greet('open'));
      expect(done.log).not.toContain('::error');
      expect([await isOpen(detour), await greeting()]).toEqual([true, 'open']);
    }, 60_000);

    test('is taken back when no new connection comes through', async () => {
      const done = await walled(
        { 'default-deny': true },
        { ...greet('shut'), ...(await byDetour()), 'connect-timeout': '5s' },
      );
      expect(done.log).toContain('FIREWALL_LOCKS_OUT');
      expect(state(done)).toBe('rolled-back');
      expect([await isOpen(detour), await greeting()]).toEqual([true, 'open']);
    });

    test('is taken back by the host alone when the runner is gone', async () => {
      const run = await startDeploy({
        ...inputs,
        ...greet('shut'),
        ...(await byDetour()),
        firewall: '{default-deny: true}',
        'min-healthy-time': '2s',
        'healthy-deadline': '3s',
      });
      await eventually(async () => expect(await table()).toContain('policy drop'));
      run.child.kill('SIGKILL');
      await run.ended;
      expect(await isOpen(detour)).toBe(false);
      await eventually(async () => expect([await isOpen(detour), await greeting()]).toEqual([true, 'open']));
      expect(await table()).toContain('policy accept');
    });

    test('is taken back at boot when the power fails before it is confirmed', async () => {
      const run = await startDeploy({
        ...inputs,
        ...greet('shut'),
        firewall: '{default-deny: true}',
        'min-healthy-time': '20s',
      });
      await eventually(async () => expect(await table()).toContain('policy drop'));
      run.child.kill('SIGKILL');
      await run.ended;
      const armed = await deploy({ ...inputs, mode: 'status' });
      expect(armed.log).toContain('default-deny armed: taken back unless it is confirmed');
      await (await labModule('host')).restart(host.name);
      await eventually(async () => {
        expect(await table()).toContain('policy accept');
        expect(await greeting()).toBe('open');
      });
    });
  });

  describe('where another firewall is active, its own commands', () => {
    const wall = { from: here, ports: { 9100: 'anywhere', '53/udp': '2001:db8::/32' } };

    test('ufw: rules of it come and go, those of others stay', async () => {
      await sh('systemctl stop nftables; ufw allow 22/tcp; ufw allow 9100/tcp; ufw --force enable');
      const plan = await walled(wall, { mode: 'plan', ...greet('ufw') });
      expect(plan.log).toContain(`system/firewall +allow from ${here} to any port 8080 proto tcp`);
      const done = await walled(wall, greet('ufw'));
      expect(done.log).not.toContain('::error');
      expect(await table()).toBe('');
      expect(await isOpen(8080)).toBe(true);
      const ours = [
        `ufw allow from ${here} to any port 8080 proto tcp comment 'Slipway hello'`,
        "ufw allow from 2001:db8::/32 to any port 53 proto udp comment 'Slipway hello'",
      ];
      const theirs = ['ufw allow 22/tcp', 'ufw allow 9100/tcp'];
      const added = async () => (await sh('ufw show added')).split('\n').slice(1).sort();
      expect(await added()).toEqual([...ours, ...theirs].sort());
      const inForce = 'firewall: rules by ufw are in force';
      expect((await deploy({ ...inputs, mode: 'status' })).log).toContain(inForce);
      expect(state(await walled(wall, greet('ufw')))).toBe('unchanged');
      await sh('ufw default allow incoming');
      expect((await walled({ ...wall, 'default-deny': true }, greet('ufw'))).log).toContain('FIREWALL_OPEN');
      await sh('ufw default deny incoming');
      expect((await deploy({ ...inputs, mode: 'remove' })).outputs['state']).toBe('removed');
      expect(await added()).toEqual(theirs);
      await sh('ufw disable');
    });

    test('firewalld: now and for good, those of others stay', async () => {
      await sh(
        'systemctl start firewalld; firewall-cmd --permanent --add-port=9100/tcp; firewall-cmd --add-port=9100/tcp',
      );
      const done = await walled(wall, greet('firewalld'));
      expect(done.log).not.toContain('::error');
      expect(await isOpen(8080)).toBe(true);
      const listed = async (how: string) =>
        (await sh(`firewall-cmd ${how} --list-ports; firewall-cmd ${how} --list-rich-rules`)).split('\n');
      const rich = (family: string, source: string, port: number, protocol: string) =>
        `rule family="${family}" source address="${source}" port port="${port}" protocol="${protocol}" accept`;
      for (const how of ['', '--permanent'])
        expect((await listed(how)).sort()).toEqual(
          ['9100/tcp', rich('ipv4', here, 8080, 'tcp'), rich('ipv6', '2001:db8::/32', 53, 'udp')].sort(),
        );
      expect(state(await walled(wall, greet('firewalld')))).toBe('unchanged');
      const inForce = 'firewall: rules by firewalld are in force';
      expect((await deploy({ ...inputs, mode: 'status' })).log).toContain(inForce);
      expect((await deploy({ ...inputs, mode: 'remove' })).outputs['state']).toBe('removed');
      for (const how of ['', '--permanent']) expect((await listed(how)).filter(Boolean)).toEqual(['9100/tcp']);
      expect(await isOpen(8080)).toBe(false);
      expect(await sh('ls /etc/slipway/firewall /etc/systemd/system | grep -e hello || echo none')).toBe('none');
    });
  });
});
