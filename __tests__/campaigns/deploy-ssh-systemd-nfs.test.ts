import { existsSync, readdirSync } from 'node:fs';
import {
  chown,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { sleep } from '../../src/core/deadline.ts';
import { run } from '../../src/core/process.ts';
import { startBalancers } from '../integration/balancers.ts';
import {
  deploy,
  fetchJson,
  leftovers,
  onHost,
  reach,
  sha256FromOutside,
  startDeploy,
} from '../integration/deploy-ssh-systemd.ts';
import { buildHello } from '../integration/hello.ts';
import { describeWith, type LabHost, labModule } from '../integration/lab.ts';
import { startLoad } from '../integration/load.ts';
import { type Mounted, mountShare } from '../integration/nfs-like.ts';

const directory = '/opt/slipway/hello';
/** Where they will be: they are booted when there is a share that they can be shown. */
const { describe: willBe } = await labModule('host');

await describeWith(
  ['fresh:host86', 'go', 'peer:nfs-like', 'package:nginx-light', 'package:haproxy'],
  'deploy-ssh-systemd: layout nfs',
  lab => {
    const hosts: readonly LabHost[] = ['host81', 'host82', 'host83'].map(willBe);
    const [first, second, third] = hosts as [LabHost, LabHost, LabHost];
    const [fourth, balancer]: [LabHost, LabHost] = [willBe('host84'), lab['fresh:host86']];
    let folder: string;
    /** The export, as its server has it. */
    let share: string;
    let owner: number;
    let inputs: Record<string, string>;
    const builds: { path: string; sha256: string }[] = [];
    const mounts = new Map<string, Mounted>();
    let small: string;

    const place = (host: LabHost) => `${host.user}@${host.address}:${host.port}`;
    const pid = (host: LabHost) => onHost(host, 'systemctl', 'show', '-p', 'MainPID', '--value', 'hello');
    const pids = () => Promise.all(hosts.map(pid));
    const of = (name: string) => join(share, 'hello', name);
    const releases = async () => (await readdir(of('releases'))).sort();
    const current = async (host: LabHost) => (await onHost(host, 'readlink', `${directory}/current`)).slice(9);
    const serves = async (host: LabHost, build: number) => {
      expect((await fetchJson(`http://${host.address}:8080/version`)).body).toMatchObject({
        version: `v${build + 1}.0.0`,
      });
      expect(await sha256FromOutside(host, await pid(host))).toBe(builds[build]!.sha256);
      expect(await leftovers(host, directory)).toBe('');
    };
    /** What no run leaves: a lease, a probe, half a release. */
    const left = async () =>
      [...(await readdir(share)), ...(await readdir(of('.'))), ...(await readdir(of('releases')))].filter(
        name => name === 'lease' || name.startsWith('.'),
      );
    const uploading = () => readdirSync(of('blobs')).some(name => name.startsWith('.part.'));
    const until = async (what: () => boolean | Promise<boolean>) => {
      for (const end = Date.now() + 30_000; !(await what()); await sleep(5))
        if (Date.now() > end) throw new Error('it never was');
    };

    beforeAll(async () => {
      const program = lab['peer:nfs-like'];
      folder = await mkdtemp(join(tmpdir(), 'slipway-nfs-'));
      share = join(folder, 'export');
      await mkdir(share);
      owner = Number(await onHost(balancer, 'id', '-u', 'deploy'));
      await chown(share, owner, owner);
      small = join(folder, 'small');
      await mkdir(small);
      await run(['mount', '-t', 'tmpfs', '-o', `size=4m,uid=${owner},mode=755`, 'tmpfs', small], { timeout: 5_000 });
      const { up } = await labModule('host');
      for (const { name } of [...hosts, fourth]) {
        const bind: Record<string, string> = { '/srv/apps': join(folder, name) };
        // the third one's client remembers for longer than the others'
        mounts.set(
          name,
          await mountShare(program, share, bind['/srv/apps']!, { stale: name === third.name ? '12s' : '500ms' }),
        );
        if (name === first.name)
          for (const [at, options] of Object.entries({
            'read-only': { readOnly: true },
            squashed: { squash: 'all' },
            'no-ticket': { squash: 'krb5' },
            unseen: {},
          } as const)) {
            bind[`/srv/${at}`] = join(folder, at);
            mounts.set(at, await mountShare(program, share, bind[`/srv/${at}`]!, options));
          }
        if (name === first.name) {
          bind['/srv/small'] = join(folder, 'small-seen');
          mounts.set('small', await mountShare(program, small, bind['/srv/small']));
        }
        await up({ name, fresh: true, bind });
      }
      await onHost(second, 'mkdir', '-p', '/srv/unseen');
      for (const version of ['v1.0.0', 'v2.0.0', 'v3.0.0', 'v4.0.0'])
        builds.push(await buildHello(lab.go, folder, version));
      const known = await Promise.all([...hosts, fourth, balancer].map(host => readFile(host.knownHosts, 'utf8')));
      inputs = {
        ...(await reach(first)),
        hosts: hosts.map(place).join('\n'),
        'known-hosts': known.join('\n'),
        service: 'hello',
        type: 'notify',
        listen: '8080',
        layout: 'nfs',
        'nfs-root': '/srv/apps',
        'run-as': 'deploy',
        'keep-releases': '2',
        'min-healthy-time': '300ms',
        'healthy-deadline': '20s',
      };
    }, 300_000);
    afterAll(async () => {
      const { down } = await labModule('host');
      for (const { name } of [...hosts, fourth, balancer]) await down({ name, remove: true });
      for (const { unmount } of mounts.values()) await unmount();
      await run(['umount', small], { timeout: 5_000 });
      await rm(folder, { recursive: true });
    }, 60_000);

    test('one upload for all; root has written nothing there; what is of a host is with it', async () => {
      const done = await deploy({ ...inputs, binary: builds[0]!.path });
      expect(done.log).not.toContain('::error');
      expect(done.record!.deployments.map(one => one.state)).toEqual(['healthy', 'healthy', 'healthy']);
      expect(done.log.match(/uploaded/g)).toEqual(['uploaded']);
      expect(done.log).toContain('to the share, once for 3 hosts');
      const [id] = await releases();
      const { ino, size } = await stat(of(`releases/${id}/hello`));
      expect(await readdir(of('blobs'))).toEqual([builds[0]!.sha256]);
      expect(await stat(of(`blobs/${builds[0]!.sha256}`))).toMatchObject({ ino, size });
      for (const host of hosts) {
        await serves(host, 0);
        expect(await onHost(host, 'readlink', `${directory}/releases/${id}/hello`)).toBe(
          `/srv/apps/hello/releases/${id}/hello`,
        );
        // links and texts only: all that is large came once
        expect(Number(await onHost(host, 'du', '-sk', directory).then(text => text.split('\t')[0]))).toBeLessThan(
          size / 1024 / 4,
        );
        expect(await readFile(of(`nodes/${host.name}`), 'utf8')).toContain(`\n${id}\n`);
        expect(
          await onHost(host, 'sh', '-c', `tr '\\0' '\\n' </proc/$(systemctl show -p MainPID --value hello)/environ`),
        ).toMatch(
          new RegExp(
            `CONFIGURATION_DIRECTORY=/srv/apps/hello/shared/conf[^]*LOGS_DIRECTORY=/srv/apps/hello/logs/${host.name}`,
          ),
        );
      }
      // where its sandbox lets it write
      const inside = `nsenter --target $(systemctl show -p MainPID --value hello) --mount --setuid ${owner} --setgid ${owner}`;
      await onHost(first, 'sh', '-c', `${inside} touch /srv/apps/hello/logs/host81/app.log`);
      expect(await readdir(of('logs/host81'))).toEqual(['app.log']);
      const theirs = await onHost(first, 'find', '/srv/apps', '!', '-user', 'deploy');
      expect(theirs).toBe('');
      expect(await left()).toEqual([]);
    }, 120_000);

    test('again: nothing is changed, and nobody writes on the share', async () => {
      const before = await pids();
      const { mtimeMs } = await stat(of('.'));
      const done = await deploy({ ...inputs, binary: builds[0]!.path });
      expect(done.record!.deployments.map(one => one.state)).toEqual(['unchanged', 'unchanged', 'unchanged']);
      expect(await pids()).toEqual(before);
      expect((await stat(of('.'))).mtimeMs).toBe(mtimeMs);
      const { log } = await deploy({ ...inputs, mode: 'status' });
      const names = hosts.map(host => host.name).join(', ');
      expect(log.split(`  share: /srv/apps/hello of ${names}; nobody writes`)).toHaveLength(4);
    }, 60_000);

    test.each([
      ['is read-only', 'SHARE_READ_ONLY', { 'nfs-root': '/srv/read-only' }],
      ['squashes the deploy user', 'SHARE_SQUASHED', { 'nfs-root': '/srv/squashed' }],
      ['root cannot even read', 'SHARE_DIFFERS', { 'nfs-root': '/srv/no-ticket' }],
      ['has no room', 'DISK_FULL', { 'nfs-root': '/srv/small' }],
      ['is not mounted', 'SHARE_NOT_MOUNTED', { 'nfs-root': '/srv/elsewhere' }],
      ['is not mounted on one of the hosts', 'SHARE_NOT_MOUNTED', { 'nfs-root': '/srv/unseen', two: 'yes' }],
    ])(
      'an export that %s is refused, and nothing changed',
      async (_, code, { two, ...given }: Record<string, string>) => {
        const [pid1, before] = [await pid(first), await releases()];
        const to = two === undefined ? place(first) : `${place(first)}\n${place(second)}`;
        const done = await deploy({ ...inputs, hosts: to, ...given, binary: builds[1]!.path });
        expect(done.code).toBe(1);
        expect(done.log).toContain(code);
        expect(done.log).toContain('Nothing was changed');
        expect(done.outputs).toMatchObject({ state: 'failed', changed: 'false' });
        expect(await pid(first)).toBe(pid1);
        expect(await releases()).toEqual(before);
        expect(await left()).toEqual([]);
      },
      60_000,
    );

    test('a host that has the name of another one is refused: what is pinned for that one stays', async () => {
      const before = await pid(first);
      const text = await readFile(of(`nodes/${first.name}`), 'utf8');
      const other = text.replace(/machine=\S+/, `machine=${'0'.repeat(32)}`);
      await writeFile(of(`nodes/${first.name}`), other);
      const done = await deploy({ ...inputs, hosts: place(first), binary: builds[1]!.path });
      expect(done.log).toMatch(/its host name host81 is that of another host on the share, machine 0{32}.*NODE_TAKEN/);
      expect(done.log).toContain('Nothing was changed');
      expect(await readFile(of(`nodes/${first.name}`), 'utf8')).toBe(other);
      await writeFile(of(`nodes/${first.name}`), text);
      expect([await pid(first), await left()]).toEqual([before, []]);
    }, 60_000);

    test('a runner is killed while it holds the lease: it ends, and the next run goes on', async () => {
      const before = await pids();
      const running = await startDeploy({ ...inputs, binary: builds[1]!.path });
      await until(uploading);
      running.child.kill('SIGKILL');
      await running.ended;
      expect(await pids()).toEqual(before);
      await until(() => !existsSync(of('lease')));
      // that of a host that died as well: nobody renews it any more
      await writeFile(of('.lease.dead'), 'octocat, fence dead\n');
      await link(of('.lease.dead'), of('lease'));
      await utimes(of('lease'), Date.now() / 1000 - 150, Date.now() / 1000 - 150);
      const next = await deploy({ ...inputs, binary: builds[1]!.path });
      expect(next.log).not.toContain('::error');
      expect(next.log).toContain('a lease on the share was not renewed any more and is ended: octocat, fence dead');
      for (const host of hosts) await serves(host, 1);
      expect(await left()).toEqual([]);
    }, 120_000);

    test('a lease that is renewed is waited for; one that is lost writes nothing any more', async () => {
      const before = [await pids(), await releases()];
      await writeFile(of('lease'), 'hubot, fence alive\n');
      const waited = await deploy({ ...inputs, 'lock-wait': '1s', binary: builds[2]!.path });
      expect(waited.log).toMatch(/LEASED.*|another run writes on the share: hubot, fence alive/);
      const seen = await deploy({ ...inputs, hosts: place(first), mode: 'status' });
      expect(seen.log).toContain('; the lease has hubot, fence alive');
      await rm(of('lease'));
      const running = await startDeploy({ ...inputs, 'lock-wait': '5s', binary: builds[2]!.path });
      await until(uploading);
      await rm(of('lease'));
      await writeFile(of('lease'), 'hubot, fence alive\n');
      const lost = await running.ended;
      await rm(of('lease'));
      expect(lost.log).toContain('LEASE_LOST');
      expect([await pids(), await releases()]).toEqual(before);
      for (const host of hosts) await serves(host, 1);
    }, 120_000);

    test('a broken release is taken back on all', async () => {
      const done = await deploy({
        ...inputs,
        binary: builds[2]!.path,
        'health-checks': 'http://127.0.0.1:8080/none 200',
        'healthy-deadline': '3s',
      });
      expect(done.code).toBe(1);
      expect(done.record!.deployments.map(one => one.state)).toEqual(['rolled-back', 'rolled-back', 'rolled-back']);
      for (const host of hosts) await serves(host, 1);
    }, 120_000);

    test('a host that remembers that the release was not there waits until it sees it', async () => {
      // it asks again and again; what it remembers is up to 12 s old, so that one release in some may come when it asks anew
      let waited: number | undefined;
      for (const greeting of ['a', 'b', 'c', 'd']) {
        const given = { ...inputs, binary: builds[3]!.path, environment: `HELLO_GREETING=${greeting}` };
        const plan = await deploy({ ...given, mode: 'plan' });
        const id = /→ (\S+)/.exec(plan.log)![1]!;
        const look = `while :; do stat /srv/apps/hello/releases/${id}; sleep 0.1; done`;
        await onHost(third, 'systemd-run', '--unit=looks', 'sh', '-c', look);
        const done = await deploy(given);
        await onHost(third, 'systemctl', 'stop', 'looks');
        expect(done.log).not.toContain('::error');
        expect(done.log).not.toMatch(new RegExp(`${place(first)}: saw the release`));
        const seen = new RegExp(`${place(third)}: saw the release on the share after (\\d+) s`).exec(done.log);
        if (seen !== null) {
          waited = Number(seen[1]);
          break;
        }
      }
      expect(waited).toBeLessThanOrEqual(12);
      for (const host of hosts) await serves(host, 3);
    }, 240_000);

    test('nothing goes that another host runs or could go back to; all go back', async () => {
      const old = await current(second);
      for (const greeting of ['one', 'two', 'three']) {
        const done = await deploy({
          ...inputs,
          hosts: place(first),
          binary: builds[2]!.path,
          environment: `HELLO_GREETING=${greeting}`,
        });
        expect(done.log).not.toContain('::error');
      }
      const kept = await releases();
      expect(kept).toContain(old);
      // two of each host: none was left that nobody has
      const pinned = await Promise.all(
        hosts.map(async ({ name }) => (await readFile(of(`nodes/${name}`), 'utf8')).split('\n').slice(1, -1)),
      );
      expect(kept).toEqual([...new Set(pinned.flat())].sort());
      expect(pinned[0]).toHaveLength(2);
      await serves(second, 3);
      const back = await deploy({ ...inputs, hosts: `${place(second)}\n${place(third)}`, mode: 'rollback' });
      expect(back.log).not.toContain('::error');
      await serves(second, 1);
      await serves(third, 1);
    }, 180_000);

    test('four hosts on one share behind one nginx, as the example has it: no request is lost, a broken release goes back', async () => {
      const four = [...hosts, fourth];
      await startBalancers(
        balancer,
        four.map(host => host.address),
      );
      const text = await readFile(new URL('../../examples/share/slipway.yml', import.meta.url), 'utf8');
      const [{ kind: _, ...example }] = parse(text).deploy as [Record<string, unknown>];
      const all = [...four.map(host => ({ host: place(host) })), { host: place(balancer), roles: 'lb' }];
      const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
      const given = {
        ...Object.fromEntries(Object.entries(example).map(([name, value]) => [name, asText(value)])),
        'known-hosts': inputs['known-hosts']!,
        'private-key': inputs['private-key']!,
        hosts: JSON.stringify(all),
        'min-healthy-time': '300ms',
      };
      // the fourth is new, and its file is there already
      const joined = await deploy({ ...given, binary: builds[1]!.path });
      expect(joined.log).not.toContain('::error');
      expect(joined.log).not.toContain('uploaded');
      const load = startLoad(`http://${balancer.address}/`);
      const next = await deploy({ ...given, binary: builds[3]!.path });
      const broken = { binary: builds[0]!.path, environment: 'HELLO_CRASH_AFTER=100ms', 'healthy-deadline': '5s' };
      const back = await deploy({ ...given, ...broken });
      const { answered, failed } = await load.end();
      expect(next.log).not.toContain('::error');
      expect(next.record!.deployments.map(one => one.state)).toEqual(Array(4).fill('healthy'));
      expect(back.record!.deployments.map(one => one.state)).toEqual([
        'rolled-back',
        'rolled-back',
        'not-begun',
        'not-begun',
      ]);
      expect(failed).toEqual({});
      expect(answered).toBeGreaterThan(200);
      for (const host of four) await serves(host, 3);
    }, 300_000);

    test('removed: the others keep what they run; with the last one all goes but conf and logs', async () => {
      const done = await deploy({ ...inputs, hosts: `${place(first)}\n${place(fourth)}`, mode: 'remove' });
      expect(done.log).not.toContain('::error');
      expect(await readdir(of('nodes'))).toEqual([second.name, third.name]);
      await serves(second, 3);
      // what the others have comes from the share
      const converged = await deploy({ ...inputs, hosts: `${place(first)}\n${place(second)}`, mode: 'converge' });
      expect(converged.log).not.toContain('::error');
      expect(converged.record!.deployments.map(one => one.state)).toEqual(['healthy', 'unchanged']);
      await serves(first, 3);
      await deploy({ ...inputs, mode: 'remove' });
      expect((await readdir(of('.'))).sort()).toEqual(['logs', 'shared']);
      expect(await readlink(join(second.root, directory, 'current')).catch(() => 'none')).toBe('none');
    }, 120_000);

    test('a share that is lost while it is written: the run ends and says so, the release before serves', async () => {
      const alone = { ...inputs, hosts: place(fourth) };
      const before = await deploy({ ...alone, binary: builds[0]!.path });
      expect(before.log).not.toContain('::error');
      const same = await pid(fourth);
      const running = await startDeploy({ ...alone, binary: builds[1]!.path });
      await until(uploading);
      await mounts.get(fourth.name)!.lose();
      const lost = await running.ended;
      expect(lost.log).toMatch(/SHARE_\w+|UPLOAD_\w+/);
      expect(lost.outputs).toMatchObject({ state: 'failed', changed: 'false' });
      // what it runs cannot be read any more, but for what the kernel has of it
      expect((await fetchJson(`http://${fourth.address}:8080/version`)).body).toMatchObject({ version: 'v1.0.0' });
      expect(await pid(fourth)).toBe(same);
      const seen = await deploy({ ...alone, mode: 'status' });
      expect(seen.outputs['state']).toBe('failed');
      expect(seen.log).toMatch(/ {2}share: \/srv\/apps\/hello does not answer: .*not connected/);
      const next = await deploy({ ...alone, binary: builds[1]!.path });
      expect(next.log).toContain('SHARE_NOT_MOUNTED');
    }, 120_000);
  },
);
