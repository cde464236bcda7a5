import { existsSync, readdirSync } from 'node:fs';
import { chmod, link, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readAccess } from '../../src/core/ssh/access.ts';
import { parseHost } from '../../src/core/ssh/hosts.ts';
import { HostSession } from '../../src/deploy-ssh-systemd/host-session.ts';
import type { Settings } from '../../src/deploy-ssh-systemd/settings.ts';
import { deploy, fetchJson, leftovers, onHost, reach, sha256FromOutside, startDeploy } from './deploy-ssh-systemd.ts';
import { eventually } from './eventually.ts';
import { buildHello } from './hello.ts';
import { describeWith, type LabHost, labModule } from './lab.ts';
import { type Mounted, mountBy } from './nfs-like.ts';
import { type NfsServer, startNfsServer } from './nfs-server.ts';

const directory = '/opt/slipway/hello';

/** What a stand-in could be wrong about: who is nobody, what a rename and a link do, what is refused, a server that stalls. */
await describeWith(
  ['fresh:host141', 'go', 'peer:nfs-client'],
  'deploy-ssh-systemd: layout nfs on a server of NFS',
  lab => {
    let [first, second]: LabHost[] = [];
    let server: NfsServer;
    let folder: string;
    let inputs: Record<string, string>;
    const builds: { path: string; sha256: string }[] = [];
    const mounts: Mounted[] = [];

    const place = (host: LabHost) => `${host.user}@${host.address}:${host.port}`;
    const pids = () => Promise.all([first!, second!].map(one => onHost(one, 'pgrep', '-x', 'hello')));
    const of = (name: string) => join(server.folder, 'hello', name);
    const releases = async () => (await readdir(of('releases'))).sort();
    const uploading = () =>
      eventually(
        async () => expect(readdirSync(of('blobs'))).toContainEqual(expect.stringMatching(/^\.part\./)),
        30_000,
        5,
      );
    const serves = async (build: number) => {
      for (const host of [first!, second!]) {
        const { body } = await fetchJson(`http://${host.address}:8080/version`);
        expect(body).toMatchObject({ version: `v${build + 1}.0.0` });
        expect(await sha256FromOutside(host, await onHost(host, 'pgrep', '-x', 'hello'))).toBe(builds[build]!.sha256);
        expect(await leftovers(host, directory)).toBe('');
      }
    };
    /** What no run leaves: a lease, a probe, half a release. */
    const left = async () =>
      [...(await readdir(server.folder)), ...(await readdir(of('.'))), ...(await readdir(of('releases')))].filter(
        name => name === 'lease' || name.startsWith('.'),
      );

    beforeAll(async () => {
      const { up } = await labModule('host');
      const [machine, program] = [lab['fresh:host141'], lab['peer:nfs-client']];
      folder = await mkdtemp(join(tmpdir(), 'slipway-nfs-server-'));
      server = await startNfsServer(machine, machine.user);
      const hosts = ['host142', 'host143'].map(async name => {
        const bind: Record<string, string> = {};
        for (const one of server.exports) {
          const at = join(folder, name, one);
          mounts.push(await mountBy(program, ['-stale', '2s', machine.address, `/${one}`], at));
          bind[`/srv/${one}`] = at;
        }
        return (await up({ name, fresh: true, bind })) as LabHost;
      });
      [first, second] = await Promise.all(hosts);
      for (const version of ['v1.0.0', 'v2.0.0', 'v3.0.0', 'v4.0.0'])
        builds.push(await buildHello(lab.go, folder, version));
      inputs = {
        ...(await reach(first!)),
        hosts: [first!, second!].map(place).join('\n'),
        'known-hosts': (await Promise.all([first!, second!].map(one => readFile(one.knownHosts, 'utf8')))).join('\n'),
        service: 'hello',
        type: 'notify',
        listen: '8080',
        layout: 'nfs',
        'nfs-root': '/srv/root-squash',
        'run-as': first!.user,
        'keep-releases': '2',
        'min-healthy-time': '300ms',
        'healthy-deadline': '20s',
      };
    }, 300_000);
    afterAll(async () => {
      server.goOn(); // else nobody who waits for it could be ended
      const { down } = await labModule('host');
      for (const name of ['host142', 'host143']) await down({ name, remove: true });
      for (const { unmount } of mounts) await unmount();
      await down({ name: 'host141', remove: true });
      await rm(folder, { recursive: true });
    }, 60_000);

    test('one upload for both, where root is nobody; again nothing is changed', async () => {
      expect((await onHost(first!, 'sh', '-c', 'echo x >/srv/root-squash/x || echo no')).trim()).toBe('no');
      const done = await deploy({ ...inputs, binary: builds[0]!.path });
      expect(done.log).not.toContain('::error');
      expect(done.log).toContain('to the share, once for 2 hosts');
      await serves(0);
      const [id] = await releases();
      const { ino, nlink } = await stat(of(`blobs/${builds[0]!.sha256}`));
      expect(await stat(of(`releases/${id}/hello`))).toMatchObject({ ino, nlink });
      expect(await onHost(first!, 'find', '/srv/root-squash', '!', '-user', first!.user)).toBe('');
      const [before, { mtimeMs }] = [await pids(), await stat(of('.'))];
      const again = await deploy({ ...inputs, binary: builds[0]!.path });
      expect(again.record!.deployments.map(one => one.state)).toEqual(['unchanged', 'unchanged']);
      expect([await pids(), (await stat(of('.'))).mtimeMs, await left()]).toEqual([before, mtimeMs, []]);
    }, 120_000);

    test.each([
      ['is read-only', 'SHARE_READ_ONLY', '/srv/read-only'],
      ['squashes the deploy user', 'SHARE_SQUASHED', '/srv/all-squash'],
    ])(
      'an export that %s is refused, and nothing changed',
      async (_, code, root) => {
        const before = [await pids(), await releases()];
        await chmod(server.folder, 0o777); // nobody could write
        const done = await deploy({ ...inputs, 'nfs-root': root, binary: builds[1]!.path });
        expect(done.log).toContain(code);
        expect(done.log).toContain('Nothing was changed');
        expect([await pids(), await releases()]).toEqual(before);
        // the host takes its probe away when the conversation is over
        await eventually(async () => expect(await left()).toEqual([]));
        await chmod(server.folder, 0o755);
      },
      60_000,
    );

    test('two runs at once: one after the other, and neither takes away what the other one needs', async () => {
      const running = await startDeploy({ ...inputs, binary: builds[1]!.path });
      await uploading();
      const [one, other] = await Promise.all([running.ended, deploy({ ...inputs, binary: builds[2]!.path })]);
      expect(`${one.log}${other.log}`).not.toContain('::error');
      await serves(2);
      expect(await left()).toEqual([]);
    }, 120_000);

    test('a runner is killed while it holds the lease, and so is another one’s host: the next run goes on', async () => {
      const running = await startDeploy({ ...inputs, binary: builds[3]!.path });
      await uploading();
      running.child.kill('SIGKILL');
      await running.ended;
      await eventually(async () => expect(existsSync(of('lease'))).toBe(false));
      await writeFile(of('.lease.dead'), 'octocat, fence dead\n');
      await link(of('.lease.dead'), of('lease'));
      await utimes(of('lease'), Date.now() / 1000 - 150, Date.now() / 1000 - 150);
      const next = await deploy({ ...inputs, binary: builds[3]!.path });
      expect(next.log).not.toContain('::error');
      expect(next.log).toContain('a lease on the share was not renewed any more and is ended: octocat, fence dead');
      await serves(3);
      // what no host has any more has gone
      expect(await releases()).toHaveLength(2);
      expect((await readdir(of('blobs'))).sort()).toEqual([builds[2]!.sha256, builds[3]!.sha256].sort());
      expect(await left()).toEqual([]);
    }, 120_000);

    test('a lease that is taken away while it writes: it names no release any more', async () => {
      const before = [await pids(), await releases()];
      const running = await startDeploy({ ...inputs, 'lock-wait': '5s', binary: builds[0]!.path });
      await uploading();
      await rm(of('lease'));
      await writeFile(of('lease'), 'hubot, fence alive\n');
      const lost = await running.ended;
      await rm(of('lease'));
      expect(lost.log).toContain('LEASE_LOST');
      expect([await pids(), await releases()]).toEqual(before);
    }, 120_000);

    test('a broken release is taken back', async () => {
      const broken = await deploy({ ...inputs, binary: builds[1]!.path, environment: 'HELLO_CRASH_AFTER=100ms' });
      expect(broken.record!.deployments.map(one => one.state)).toContain('rolled-back');
      await serves(3);
    }, 120_000);

    test('a server that stalls: the run ends and says which share, what serves goes on, and the next one is as ever', async () => {
      const before = await pids();
      const still = async (log: string) => {
        expect(log).toMatch(/the share does not answer: \/srv\/root-squash\S*, not in 15 s.*SHARE_HANGS/);
        for (const host of [first!, second!])
          expect((await fetchJson(`http://${host.address}:8080/version`)).body).toMatchObject({ version: 'v4.0.0' });
      };
      const running = await startDeploy({ ...inputs, binary: builds[0]!.path });
      await uploading();
      server.stall();
      const [stalled, refused, status] = await Promise.all([
        running.ended,
        deploy({ ...inputs, binary: builds[0]!.path }),
        deploy({ ...inputs, mode: 'status' }),
      ]);
      await still(stalled.log);
      expect(stalled.outputs).toMatchObject({ state: 'failed', changed: 'false' });
      await still(refused.log);
      expect(refused.log).toContain('Nothing was changed');
      await still(status.log);
      expect(status.outputs['state']).toBe('failed');
      server.goOn();
      expect(await pids()).toEqual(before);
      const next = await deploy({ ...inputs, 'lock-wait': '60s', binary: builds[0]!.path });
      expect(next.log).not.toContain('::error');
      await serves(0);
      expect(await left()).toEqual([]);
    }, 180_000);

    test('one that stalls after it was looked at: what took too long says which share', async () => {
      const { 'private-key': key, 'known-hosts': known } = await reach(first!);
      const access = await readAccess({
        'private-key': key,
        'known-hosts': known,
        'ssh-agent': false,
        'jump-hosts': [],
      });
      const settings = {
        access,
        become: 'sudo-shell',
        connectTimeout: 10_000,
        roles: new Map(),
        checks: [],
        runAs: 'dynamic',
        layout: 'nfs',
        nfsRoot: '/srv/root-squash',
        // one that has nothing on the share yet: what has is looked at with each question
        service: 'other',
        directory: '/opt/slipway/other',
      } as unknown as Settings;
      const host = { ...parseHost(place(first!)), roles: [], labels: {} };
      await using session = new HostSession(host, settings, new AbortController().signal);
      await session.facts();
      server.stall();
      // any request that waits for it, with a deadline of its own
      const asked = session.ask('share_look', ['/srv/root-squash', 'none'], { timeout: 1000 });
      const seen = await asked.catch(error => error);
      server.goOn();
      expect(seen).toMatchObject({
        code: 'SHARE_HANGS',
        message: expect.stringMatching(
          /the share does not answer: \/srv\/root-squash, not in 15 s; the request "share_look" .* took longer than 1 s/,
        ),
      });
    }, 60_000);

    test('removed, though another run writes on the share: that is said, and what was done; then nothing is left', async () => {
      await writeFile(of('lease'), 'hubot, fence alive\n');
      const half = await deploy({ ...inputs, mode: 'remove', 'lock-wait': '1s' });
      await rm(of('lease'));
      expect(half.log).toContain('LEASED');
      expect(half.outputs).toMatchObject({ state: 'removed', changed: 'true' });
      const done = await deploy({ ...inputs, mode: 'remove' });
      expect(done.log).not.toContain('::error');
      expect((await readdir(of('.'))).sort()).toEqual(['logs', 'shared']);
    }, 60_000);
  },
);
