import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { sleep } from '../../src/core/deadline.ts';
import { askHaproxy, haproxySocket, haproxyStatus, nginxFile, startBalancers } from '../integration/balancers.ts';
import {
  type Deployed,
  deploy,
  fetchJson,
  helloService,
  onHost,
  reach,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { eventually } from '../integration/eventually.ts';
import { campaignTest } from '../integration/extent.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, type LabHost, labModule } from '../integration/lab.ts';
import { startLoad } from '../integration/load.ts';

jest.setTimeout(120_000);

/** Of an answer that may take its time. */
const status = async (url: string) => (await fetch(url, { signal: AbortSignal.timeout(30_000) })).status;

await describeWith(
  ['fresh:host25', 'fresh:host26', 'fresh:host27', 'go', 'package:nginx-light', 'package:haproxy'],
  'deploy-ssh-systemd: load balancers',
  lab => {
    const [first, second] = [lab['fresh:host25'], lab['fresh:host26']];
    const balancer = lab['fresh:host27'];
    const all = [first, second, balancer];
    let folder: string;
    let inputs: Record<string, string>;
    let pristine: string;

    const place = (host: LabHost) => `${host.user}@${host.address}:${host.port}`;
    const greet = (greeting: string, more = '') => ({ environment: `HELLO_GREETING=${greeting}\n${more}` });
    const upstream = () => onHost(balancer, 'cat', nginxFile);
    const states = (done: Deployed) => done.record!.deployments.map(one => one.state);
    const greetings = () =>
      Promise.all(
        [first, second].map(async host => (await fetchJson(`http://${host.address}:8080/`)).body?.['greeting']),
      );
    const balanced = (text: Record<string, unknown>) => ({ 'load-balancer': JSON.stringify(text) });
    const nginx = balanced({ nginx: nginxFile, hosts: place(balancer), server: '{host}:8080' });
    const haproxy = balanced({ haproxy: haproxySocket, hosts: [place(balancer)], server: 'app/{host}' });
    const statusOf = async (given: Record<string, string>) =>
      (await deploy({ ...inputs, ...given, mode: 'status' })).log;
    /** Deploys while the balancer is asked without a pause. */
    const underLoad = async (port: number, given: Record<string, string>) => {
      const load = startLoad(`http://${balancer.address}:${port}/`);
      const done = await deploy({ ...inputs, ...given });
      const seen = await load.end();
      return { done, load: seen };
    };

    const timers = () =>
      onHost(balancer, 'sh', '-c', 'cd /etc/systemd/system && ls -d slipway-* */slipway-* 2>/dev/null || :');
    const journal = () => onHost(balancer, 'journalctl', '-b', '-o', 'cat', '-u', 'slipway-balancer-*.service');
    /** The timers of servers that are out are due at once, and after a boot, too; they are for minutes otherwise. */
    const timerSoon = () =>
      onHost(
        balancer,
        'sh',
        '-c',
        `cd /etc/systemd/system && for timer in slipway-balancer-*.timer; do
          sed -i 's/^OnActiveSec=.*/OnActiveSec=1/' "$timer" && systemctl daemon-reload && systemctl restart "$timer"
        done`,
      );

    beforeAll(async () => {
      await startBalancers(balancer, [first.address, second.address]);
      folder = await mkdtemp(join(tmpdir(), 'slipway-hello-'));
      const known = await Promise.all(all.map(host => readFile(host.knownHosts, 'utf8')));
      inputs = {
        ...(await reach(first)),
        hosts: [first, second].map(place).join('\n'),
        'known-hosts': known.join('\n'),
        ...helloService('20s'),
        binary: (await buildHello(lab.go, folder, 'v1.0.0')).path,
        strategy: 'rolling',
      };
      pristine = await upstream();
      expect(states(await deploy({ ...inputs, ...greet('one') }))).toEqual(['healthy', 'healthy']);
    }, 300_000);
    afterAll(async () => {
      await rm(folder, { recursive: true });
      const { down } = await labModule('host');
      for (const { name } of all) await down({ name, remove: true });
    }, 60_000);

    test('without it requests are lost: so these tests can see it', async () => {
      const { load } = await underLoad(80, greet('two'));
      expect(load.failed).toHaveProperty('502');
    });

    test('nginx: not one request is lost over a rolling deploy, and its file is as before', async () => {
      const { done, load } = await underLoad(80, { ...nginx, ...greet('three') });
      expect(done.log).not.toContain('::error');
      expect(done.log).not.toMatch(/::warning::(?!.*full root shell)/);
      expect(states(done)).toEqual(['healthy', 'healthy']);
      expect(load.answered).toBeGreaterThan(200);
      expect(load.failed).toEqual({});
      expect(await upstream()).toBe(pristine);
      expect(await greetings()).toEqual(['three', 'three']);
    });

    campaignTest('nginx: a release that fails goes back before it is asked again', async () => {
      const { done, load } = await underLoad(80, { ...nginx, ...greet('bad', 'HELLO_CRASH_AFTER=100ms') });
      expect(states(done)).toEqual(['rolled-back', 'not-begun']);
      expect(load.failed).toEqual({});
      expect(await upstream()).toBe(pristine);
    });

    campaignTest('nginx: what has to go back goes back one by one, and no request is lost', async () => {
      const breaks = `[Service]\nExecStartPre=/bin/sh -c 'test "$$HELLO_GREETING" != worse'\n`;
      const dropIns = '/etc/systemd/system/hello.service.d';
      await onHost(second, 'sh', '-c', `mkdir -p ${dropIns} && printf %s "$1" >${dropIns}/fail.conf`, 'sh', breaks);
      const back = { ...nginx, ...greet('worse'), 'on-failure': 'rollback-all' };
      const { done, load } = await underLoad(80, back);
      await onHost(second, 'rm', '-r', dropIns);
      await onHost(second, 'systemctl', 'daemon-reload');
      expect(states(done)).toEqual(['rolled-back', 'rolled-back']);
      expect(load.failed).toEqual({});
      expect(await upstream()).toBe(pristine);
      expect(await greetings()).toEqual(['three', 'three']);
    });

    test('nginx: the last server is not taken out; one that somebody else took out stays out', async () => {
      const edit = (from: string, to: string) => onHost(balancer, 'sed', '-i', `s/${from}/${to}/`, nginxFile);
      await edit(`${second.address}:8080`, `${second.address}:8080 down`);
      const before = await upstream();
      const refused = await deploy({ ...inputs, ...nginx, ...greet('four') });
      expect(refused.log).toMatch(/no other server would be up.*UPSTREAM_LAST/);
      expect(states(refused)).toEqual(['failed', 'not-begun']);
      expect(await greetings()).toEqual(['three', 'three']);
      const other = await deploy({ ...inputs, hosts: place(second), ...nginx, ...greet('four') });
      expect(other.log).toContain('out of the rotation before, not by Slipway, and stays so');
      expect(states(other)).toEqual(['healthy']);
      expect(await upstream()).toBe(before);
      expect(await statusOf(nginx)).toContain(`nginx: in front of ${first.address}:8080, ${second.address}:8080 (out)`);
      await edit(' down', '');
      expect(await upstream()).toBe(pristine);
      expect(await statusOf(nginx)).toContain(`nginx: in front of ${first.address}:8080, ${second.address}:8080\n`);
      expect(await timers()).toBe('');
    });

    campaignTest('nginx: what it does not take is not left in its file', async () => {
      await onHost(balancer, 'sh', '-c', 'echo "nonsense;" >/etc/nginx/conf.d/broken.conf');
      const done = await deploy({ ...inputs, ...nginx, ...greet('five') });
      await onHost(balancer, 'rm', '/etc/nginx/conf.d/broken.conf');
      expect(done.log).toMatch(/nginx does not take the change: .*nonsense.*UPSTREAM_FAILED/);
      expect(states(done)).toEqual(['failed', 'not-begun']);
      expect(await upstream()).toBe(pristine);
      expect(await onHost(balancer, 'sh', '-c', 'ls -A /etc/nginx/conf.d')).toBe('hello.conf');
      expect(await timers()).toBe('');
    });

    test('nginx: when the runner dies, its host brings the server in again by itself, after a reboot, too', async () => {
      const running = await startDeploy({ ...inputs, ...nginx, ...greet('six') });
      await running.logged('drain done');
      running.child.kill('SIGKILL');
      await running.ended;
      expect(await upstream()).toContain(' down; # taken out by Slipway');
      await eventually(async () => expect((await greetings())[0]).toBe('three'));
      const armed = await timers();
      expect(await statusOf(nginx)).toContain(`in front of ${first.address}:8080 (out, by Slipway), ${second.address}`);
      expect(await timers()).toBe(armed);
      await timerSoon();
      await (await labModule('host')).restart(balancer.name);
      await eventually(async () => expect(await upstream()).toBe(pristine));
      await eventually(async () => expect(await timers()).toBe(''));
    });

    campaignTest('nginx: a host that serves nothing stays out until it serves', async () => {
      await deploy({ ...inputs, hosts: place(second), mode: 'remove' });
      const bad = greet('bad', 'HELLO_CRASH_AFTER=100ms');
      const done = await deploy({ ...inputs, hosts: place(second), ...nginx, ...bad });
      expect(states(done)).toEqual(['failed']);
      expect(done.log).toMatch(/it serves nothing, so it stays out of the load balancer: .*brings it in by itself/);
      await timerSoon();
      await eventually(async () => expect(await journal()).toContain('does not accept connections yet'));
      expect(await upstream()).toContain(`${second.address}:8080 max_fails=0 down; # taken out by Slipway`);
      // over the balancer's own 30 s nothing happens: the next deployment has it first
      expect(states(await deploy({ ...inputs, hosts: place(second), ...nginx, ...greet('six') }))).toEqual(['healthy']);
      expect(await upstream()).toBe(pristine);
      expect(await timers()).toBe('');
    });

    test('haproxy: not one request is lost, and the servers are ready again', async () => {
      const { done, load } = await underLoad(81, { ...haproxy, ...greet('seven') });
      expect(done.log).not.toContain('::error');
      expect(states(done)).toEqual(['healthy', 'healthy']);
      expect(load.answered).toBeGreaterThan(200);
      expect(load.failed).toEqual({});
      const [one, other] = [first, second].map(({ address }) => `app/${address}`);
      expect(await statusOf(haproxy)).toContain(`haproxy: in front of ${one}, ${other}\n`);
      for (const server of [one, other]) await askHaproxy(balancer, `set server ${server} state maint`);
      expect(await statusOf(haproxy)).toMatch(/: the load balancer\n.*haproxy: in front of .* \(MAINT\), .* \(MAINT\)/);
      expect((await deploy({ ...inputs, ...haproxy, mode: 'status' })).outputs['state']).toBe('failed');
      for (const server of [one, other]) await askHaproxy(balancer, `set server ${server} state ready`);
    });

    campaignTest('haproxy: waits for a request that is under way, up to its deadline', async () => {
      await deploy({ ...inputs, ...greet('slow', 'HELLO_LATENCY=1500ms') });
      const slow = fetchJson(`http://${balancer.address}:81/`);
      const also = fetchJson(`http://${balancer.address}:81/`);
      await sleep(100);
      const done = await deploy({ ...inputs, ...haproxy, ...greet('eight') });
      expect([(await slow).status, (await also).status]).toEqual([200, 200]);
      expect(states(done)).toEqual(['healthy', 'healthy']);
    });

    campaignTest('haproxy with health checks: the next host is taken out when the one before is found up', async () => {
      const checked = balanced({
        haproxy: `${balancer.address}:9999`,
        hosts: place(balancer),
        server: 'checked/{host}',
      });
      const { done, load } = await underLoad(82, { ...checked, ...greet('checked') });
      expect(done.log).not.toContain('::error');
      expect(states(done)).toEqual(['healthy', 'healthy']);
      expect(load.failed).toEqual({});
      expect(await timers()).toBe('');
    });

    test('haproxy: cancelled or killed in the middle of draining, the server is not left in drain', async () => {
      const server = `app/${first.address}`;
      await deploy({ ...inputs, ...greet('slow', 'HELLO_LATENCY=4s') });
      const draining = async (signal: NodeJS.Signals) => {
        const slow = [1, 2].map(() => status(`http://${balancer.address}:81/`));
        await sleep(200); // it has reached the host, which nobody else can tell
        const running = await startDeploy({ ...inputs, ...haproxy, ...greet('never') });
        await eventually(async () => expect(await haproxyStatus(balancer, server)).toBe('DRAIN'));
        running.child.kill(signal);
        const done = await running.ended;
        expect(await Promise.all(slow)).toEqual([200, 200]);
        return done;
      };
      expect(states(await draining('SIGINT'))).toEqual(['failed', 'not-begun']);
      expect(await haproxyStatus(balancer, server)).toBe('no check');
      expect(await timers()).toBe('');
      await draining('SIGKILL');
      expect(await haproxyStatus(balancer, server)).toBe('DRAIN');
      await onHost(first, 'systemctl', 'stop', 'hello');
      await timerSoon();
      await eventually(async () => expect(await journal()).toContain(`${server} does not accept connections yet`));
      expect(await haproxyStatus(balancer, server)).toBe('DRAIN');
      await onHost(first, 'systemctl', 'start', 'hello');
      await timerSoon();
      await eventually(async () => expect(await haproxyStatus(balancer, server)).toBe('no check'));
      await eventually(async () => expect(await timers()).toBe(''));
      await deploy({ ...inputs, ...greet('eight') });
    });

    campaignTest.each(['drain', 'maint'])(
      'haproxy: a server that an operator put into %s stays so, and it is said',
      async state => {
        const server = `app/${second.address}`;
        await askHaproxy(balancer, `set server ${server} state ${state}`);
        const done = await deploy({ ...inputs, hosts: place(second), ...haproxy, ...greet(`by ${state}`) });
        expect(done.log).toContain('it was out of the rotation before, not by Slipway, and stays so');
        expect(states(done)).toEqual(['healthy']);
        expect(await haproxyStatus(balancer, server)).toBe(state.toUpperCase());
        expect(await timers()).toBe('');
        await askHaproxy(balancer, `set server ${server} state ready`);
      },
    );

    campaignTest('haproxy: without root on its host it works, and what it cannot do is said', async () => {
      await onHost(balancer, 'mv', '/etc/sudoers.d/deploy', '/root/');
      const { done, load } = await underLoad(81, { ...haproxy, ...greet('no root') });
      await onHost(balancer, 'mv', '/root/deploy', '/etc/sudoers.d/');
      expect(done.log.match(/should this run be killed, a server stays in drain: there is no timer/g)).toHaveLength(1);
      expect(states(done)).toEqual(['healthy', 'healthy']);
      expect(load.failed).toEqual({});
      await deploy({ ...inputs, ...greet('eight') });
    });

    campaignTest(
      'haproxy: killed, and nobody is root on its host: the systemd of a user who lingers brings it in',
      async () => {
        const { user, address } = balancer;
        const server = `app/${first.address}`;
        const asUser = (script: string) =>
          onHost(balancer, 'su', '-', user, '-c', `export XDG_RUNTIME_DIR=/run/user/$(id -u); ${script}`);
        await onHost(balancer, 'loginctl', 'enable-linger', user);
        const hosts = [
          { host: first.address, user },
          { host: second.address, user },
          { host: address, user, roles: 'lb', become: 'none' },
        ];
        const socket = balanced({ haproxy: haproxySocket, server: 'app/{host}' });
        const running = await startDeploy({ ...inputs, ...socket, ...greet('user'), hosts: JSON.stringify(hosts) });
        await running.logged('drain done');
        running.child.kill('SIGKILL');
        await running.ended;
        expect(await haproxyStatus(balancer, server)).toBe('DRAIN');
        await asUser(`cd ~/.config/systemd/user && sed -i 's/^OnActiveSec=.*/OnActiveSec=1/' slipway-balancer-*.timer &&
        systemctl --user daemon-reload && systemctl --user restart slipway-balancer-*.timer`);
        await eventually(async () => expect(await haproxyStatus(balancer, server)).toBe('no check'));
        await eventually(async () =>
          expect(await asUser('find ~/.config/systemd ~/.local/share/slipway -name "*balancer-*"')).toBe(''),
        );
        await eventually(async () => expect((await greetings())[0]).not.toBe('user'));
        await onHost(balancer, 'loginctl', 'disable-linger', user);
      },
    );

    test.each([
      ['nginx', 80, nginx],
      ['haproxy', 81, haproxy],
    ] as const)('%s: of hosts that are changed at once one waits for the other', async (name, port, given) => {
      const { done, load } = await underLoad(port, { ...given, ...greet(`all ${name}`), strategy: 'all' });
      expect(states(done)).toEqual(['healthy', 'healthy']);
      expect(done.log).toContain('the others are out of the load balancer; waiting up to 5m0s');
      expect(load.failed).toEqual({});
      const { done: refused } = await underLoad(port, { ...given, ...greet('x'), strategy: 'all', 'lock-wait': '0s' });
      expect(states(refused).toSorted()).toEqual(['failed', 'healthy']);
      expect(refused.log).toMatch(/no server would be up: a deployment has the others out.*UPSTREAM_TAKEN/);
      await deploy({ ...inputs, ...greet('eight') });
    });

    campaignTest('haproxy: a server that it does not know is said', async () => {
      const wrong = balanced({ haproxy: haproxySocket, hosts: place(balancer), server: 'app/nobody' });
      const done = await deploy({ ...inputs, ...wrong, ...greet('nine') });
      expect(done.log).toMatch(/HAProxy said of app\/nobody: there is no such server.*LOAD_BALANCER_REFUSED/);
      expect(await greetings()).toEqual(['eight', 'eight']);
    });

    test('commands on the runner: around each host, in turn', async () => {
      const file = join(folder, 'commands');
      const by = (word: string) => `echo ${word} $SLIPWAY_HOST >>${file}`;
      await deploy({ ...inputs, ...balanced({ drain: by('drain'), restore: by('restore') }), ...greet('ten') });
      expect((await readFile(file, 'utf8')).trim().split('\n')).toEqual(
        [first, second].flatMap(({ address }) => [`drain ${address}`, `restore ${address}`]),
      );
    });

    campaignTest(
      'commands: what fails while it takes a host out has it brought in again, and nothing is changed',
      async () => {
        const file = join(folder, 'half');
        const by = (word: string, code: number) => `echo ${word} $SLIPWAY_HOST >>${file}; exit ${code}`;
        const half = balanced({ drain: by('drain', 3), restore: by('restore', 0) });
        const done = await deploy({ ...inputs, ...half, ...greet('eleven') });
        expect(states(done)).toEqual(['failed', 'not-begun']);
        expect((await readFile(file, 'utf8')).trim().split('\n')).toEqual([
          `drain ${first.address}`,
          `restore ${first.address}`,
        ]);
        expect(await greetings()).toEqual(['ten', 'ten']);
      },
    );
  },
);
