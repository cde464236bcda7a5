import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { run } from '../../src/core/process.ts';
import { type Deployed, deploy, fetchJson, helloService, leftovers, onHost, reach } from './deploy-ssh-systemd.ts';
import { buildHello } from './hello.ts';
import { describeWith, type LabHost, labModule } from './lab.ts';

const directory = '/opt/slipway/hello';
const data = '/var/lib/hello';
const to = '/var/backups/slipway/hello';

jest.setTimeout(90_000);

await describeWith(['fresh:host111', 'go'], 'deploy-ssh-systemd: backup before the switch', lab => {
  const host: LabHost = lab['fresh:host111'];
  let folder: string;
  let inputs: Record<string, string>;

  const sh = (script: string) => onHost(host, 'sh', '-c', script);
  const release = (greeting: string, backup: Record<string, unknown>, more: Record<string, string> = {}) =>
    deploy({ ...inputs, environment: `HELLO_GREETING=${greeting}`, backup: JSON.stringify(backup), ...more });
  const state = (done: Deployed) => done.record!.deployments.at(-1)!.state;
  const greeting = async () => {
    expect(await leftovers(host, directory)).toBe('');
    return (await fetchJson(`http://${host.address}:8080/`)).body?.['greeting'];
  };
  const kept = async (where = to) => (await sh(`ls ${where} 2>/dev/null`)).split('\n').filter(Boolean);
  const restore = (name = '') => sh(`sh ${directory}/state/agent.sh restore ${directory} hello ${name} 2>&1`);
  const write = (text: string, where = data) => sh(`echo ${text} >${where}/text`);
  const text = (where = data) => sh(`cat ${where}/text`);

  beforeAll(async () => {
    const { install } = await labModule('host');
    await install(host.name, ['rsync', 'btrfs-progs']);
    folder = await mkdtemp(join(tmpdir(), 'slipway-backup-'));
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

  describe('by rsync', () => {
    const rsync = { rsync: data, keep: 2 };

    test('planned; of a first release there is nothing to keep', async () => {
      expect((await release('one', rsync, { mode: 'plan' })).log).toContain(`system/backup +path ${data}`);
      const done = await release('one', rsync);
      expect(done.log).not.toContain('::error');
      expect(await kept()).toEqual([]);
    });

    test('of each release after that the data of before is kept, so many as are to be', async () => {
      await sh(`head -c 100000 /dev/urandom >${data}/same; mkfifo ${data}/pipe; ln -s text ${data}/link`);
      for (const name of ['two', 'three', 'four']) {
        await write(`before-${name}`);
        const done = await release(name, rsync);
        expect(done.log).not.toContain('::error');
        expect(done.log).toMatch(new RegExp(`backup ${to}/\\d{8}T\\d{6}Z-v`));
      }
      const [older, newer, ...others] = await kept();
      expect(others).toEqual([]);
      const at = (name?: string) => `${to}/${name}/var/lib/private/hello`;
      expect([await text(at(older)), await text(at(newer))]).toEqual(['before-three', 'before-four']);
      // what did not change is there once
      expect(await sh(`stat -c %i ${at(older)}/same ${at(newer)}/same | uniq | wc -l`)).toBe('1');
      expect(await sh(`stat -c '%U %a' ${to}`)).toBe('root 700');
      const seen = await deploy({ ...inputs, mode: 'status' });
      expect(seen.log).toMatch(new RegExp(`  backups: 2 in ${to}, [0-9.]+ [kM]i?B, the newest ${newer}`));
      expect(state(await release('four', rsync))).toBe('unchanged');
      expect(await kept()).toEqual([older, newer]);
    });

    test('restored: as it was, with owners, and nothing beside it', async () => {
      const before = await sh(`cd ${data}/ && stat -c '%n %u %g %a %F' *; sha256sum same`);
      await write('broken');
      await sh(`rm ${data}/same; echo new >${data}/new`);
      expect(await restore()).toContain('is restored');
      expect(await sh(`cd ${data}/ && stat -c '%n %u %g %a %F' *; sha256sum same`)).toBe(before);
      expect(await text()).toBe('before-four');
      const [older] = await kept();
      expect(await restore(older)).toContain(`${older} is restored`);
      expect(await text()).toBe('before-three');
      expect(await greeting()).toBe('four');
      expect(await restore('other')).toContain('there is no backup other');
    });
  });

  test('one that fails stops the release before anything is switched, hooks included', async () => {
    const before = await kept();
    const done = await release(
      'five',
      { command: 'echo the disk is gone >&2; exit 3', restore: 'true' },
      { hooks: '{before-deploy: touch /tmp/migrated}' },
    );
    expect(done.code).toBe(1);
    expect(done.log).toMatch(/the disk is gone.*exit code 3.*BACKUP_FAILED/);
    expect(state(done)).toBe('failed');
    expect([await greeting(), await kept(), await sh('ls /tmp/migrated 2>/dev/null')]).toEqual(['four', before, '']);
  });

  test.each([
    ['takes too long', 'sleep 60'],
    ['does not end either when it is told to', "trap '' TERM; while :; do sleep 1; done"],
  ])('one that %s, too', async (_, command) => {
    const done = await release('five', { command, restore: 'true', timeout: '1s' });
    expect(done.log).toMatch(/it took longer than 1 s; exit code \d+.*BACKUP_FAILED/);
    expect(await greeting()).toBe('four');
  });

  test('by a command, restored by another', async () => {
    await write('kept');
    const secret = 'tr a-z A-Z';
    const done = await release('six', {
      command: `${secret} <${data}/text >"$SLIPWAY_BACKUP/text"`,
      restore: `tr A-Z a-z <"$SLIPWAY_BACKUP/text" >${data}/text`,
    });
    expect(done.log).not.toContain('::error');
    expect(await text(`${to}/${(await kept()).at(-1)}`)).toBe('KEPT');
    // a command may have a password in it; on standard input, as an argument of runuser is in the journal
    expect(await sh(`echo '${secret}' | runuser -u deploy -- grep -rlsF -f - /etc /opt /run /var || :`)).toBe('');
    await write('broken');
    expect(await restore()).toContain('is restored');
    expect(await text()).toBe('kept');
  });

  test('of a job: no run begins while its data is put back, nor by that', async () => {
    const { listen: _, 'health-checks': __, type: ___, ...others } = inputs;
    const job = (at: string) =>
      deploy({
        ...others,
        service: 'nightly',
        timer: JSON.stringify({ calendar: at }),
        backup: JSON.stringify({ rsync: '/srv/nightly' }),
      });
    await sh('mkdir /srv/nightly; echo kept >/srv/nightly/text');
    expect(state(await job('yearly'))).toBe('healthy');
    expect(state(await job('monthly'))).toBe('healthy');
    await write('broken', '/srv/nightly');
    const own = '/opt/slipway/nightly';
    expect(await sh(`sh ${own}/state/agent.sh restore ${own} nightly 2>&1`)).toContain('is restored');
    expect(await text('/srv/nightly')).toBe('kept');
    expect(
      await sh('systemctl is-active nightly.timer; systemctl show -p ExecMainStartTimestamp --value nightly'),
    ).toBe('active');
    const { log } = await deploy({ ...others, service: 'nightly', mode: 'remove' });
    expect(log).toMatch(/left as it is: .*\/var\/backups\/slipway\/nightly/);
  });

  describe('by a snapshot of btrfs', () => {
    const volume = '/srv/data';
    let device: string;

    beforeAll(async () => {
      const image = join(folder, 'btrfs');
      await run(['truncate', '-s', '128M', image], { timeout: 5_000 });
      const { stdout } = await run(['losetup', '--find', '--show', image], { timeout: 5_000 });
      device = stdout.trim();
      // hosts have no loop devices of their own
      await sh(`mknod /dev/disk0 b 7 ${device.replace(/\D/g, '')} && mkfs.btrfs -q /dev/disk0 &&
        mkdir -p /srv/disk ${volume} && mount -t btrfs /dev/disk0 /srv/disk && btrfs -q subvolume create /srv/disk/data &&
        mount -t btrfs -o subvol=data /dev/disk0 ${volume}`);
    }, 30_000);
    afterAll(async () => {
      await sh(`umount ${volume} /srv/disk`);
      await run(['losetup', '--detach', device], { timeout: 5_000 });
    }, 30_000);

    test('is read-only, kept as often as is to be, and restored', async () => {
      for (const name of ['seven', 'eight']) {
        await write(`before-${name}`, volume);
        const done = await release(name, { btrfs: volume, keep: 1 });
        expect(done.log).not.toContain('::error');
      }
      const snapshots = await kept(`${volume}/.slipway`);
      expect(snapshots).toHaveLength(1);
      const snapshot = `${volume}/.slipway/${snapshots[0]}`;
      expect(await text(snapshot)).toBe('before-eight');
      expect(await sh(`touch ${snapshot}/text 2>&1`)).toContain('Read-only');
      await write('broken', volume);
      expect(await restore()).toContain('is restored');
      expect(await text(volume)).toBe('before-eight');
      expect(await kept(`${volume}/.slipway`)).toEqual(snapshots);
    });

    test('what is no subvolume is refused before anything is changed', async () => {
      const done = await release('ten', { btrfs: '/srv' });
      expect(done.log).toContain('BACKUP_REFUSED');
      expect(await greeting()).toBe('eight');
    });
  });

  test('an agent that is root for one service keeps what it was bootstrapped with, and runs no other command', async () => {
    const allowed = { command: 'id -un >"$SLIPWAY_BACKUP/who"', restore: 'true' };
    const root = { hosts: `root@${host.address}:${host.port}`, mode: 'bootstrap', 'agent-user': host.user };
    expect((await deploy({ ...inputs, ...root, backup: JSON.stringify(allowed) })).outputs['state']).toBe(
      'bootstrapped',
    );
    const other = await release('agent', { ...allowed, command: 'touch /tmp/executed' }, { become: 'agent' });
    expect(other.log).toContain('SYSTEM_FORBIDDEN');
    expect(await sh('ls /tmp/executed 2>/dev/null')).toBe('');
    const done = await release('agent', allowed, { become: 'agent' });
    expect(done.log).not.toContain('::error');
    expect(await sh(`cat ${to}/${(await kept()).at(-1)}/who`)).toBe('root');
    expect(await greeting()).toBe('agent');
  });
});
