// What makes a host of the lab one that is like a Synology NAS: busybox for the usual tools, its init instead of systemd,
// rc.d scripts, a volume, an administrator who has sudo with a password, and the files that say which model it is.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../run.mjs';

/** The administrator's name and password. */
export const ADMIN = { name: 'admin', password: 'dsm-admin' };

/** DSM has these of busybox's programs from somewhere else, or not at all; init's links are made here. */
const KEPT = ['init', 'linuxrc', 'mount', 'umount', 'sh'];

/** Programs of systemd, and those that DSM does not have. */
const ABSENT =
  /^(systemctl|systemd.*|journalctl|loginctl|busctl|perl.*|python3.*|useradd|adduser|zstd|runuser|setpriv)$/;

const MODEL = process.arch === 'arm64' ? ['rtd1296_ds218', 'DS218'] : ['geminilake_920+', 'DS920+'];

const FILES = {
  'etc.defaults/VERSION': ['majorversion="7"\nminorversion="2"\nproductversion="7.2.2"\nbuildnumber="72806"\n', 0o644],
  'etc.defaults/synoinfo.conf': [`unique="synology_${MODEL[0]}"\nupnpmodelname="${MODEL[1]}"\n`, 0o644],
  'etc/sudoers.d/administrators': ['%administrators ALL=(ALL) ALL\n', 0o440],
  'etc/crontab': ['MAILTO=""\n#minute\thour\tmday\tmonth\twday\twho\tcommand\n', 0o644],
  // a volume is btrfs, which counts no inodes
  'usr/local/sbin/df': [
    '#!/bin/sh\ncase $1 in -Pi) /usr/bin/df "$@" | sed "2s/^\\([^ ]*\\).*%/\\1 0 0 0 -/";; *) exec /usr/bin/df "$@";; esac\n',
    0o755,
  ],
  'usr/syno/bin/synosystemctl': ['#!/bin/sh\n[ "$1 $2" = "reload nginx" ] && exec nginx -s reload\n', 0o755],
  'etc/inittab': ['::sysinit:/etc/rc\n::respawn:/usr/sbin/sshd -D\n', 0o644],
  // as DSM's own does at the end of its start
  'etc/rc': [
    '#!/bin/sh\nmkdir -p /run/sshd\n[ ! -e /etc/nginx/nginx.conf ] || nginx; for script in /usr/local/etc/rc.d/*.sh; do [ ! -x "$script" ] || "$script" start; done\ntouch /run/booted\n',
    0o755,
  ],
};

/** Turns a host's tree, a Debian with systemd, into one that is like DSM's. Idempotent; a second or so. */
export async function furnishDsm(root) {
  if (existsSync(join(root, 'etc.defaults'))) return;
  const chroot = (...argv) => run(['chroot', root, ...argv]);
  await chroot('groupadd', 'administrators');
  await chroot('useradd', '--create-home', '--shell', '/bin/sh', '--groups', 'administrators', ADMIN.name);
  await chroot('useradd', '--system', '--no-create-home', '--home-dir', '/', '--shell', '/usr/sbin/nologin', 'http');
  await run(['chroot', root, 'chpasswd'], { input: `${ADMIN.name}:${ADMIN.password}\n` });
  const applets = (await chroot('busybox', '--list')).split('\n').filter(name => /^[a-z]/.test(name));
  for (const folder of ['usr/bin', 'usr/sbin'])
    for (const name of readdirSync(join(root, folder)).filter(file => ABSENT.test(file)))
      unlinkSync(join(root, folder, name));
  for (const name of applets.filter(one => !KEPT.includes(one) && !ABSENT.test(one))) {
    for (const folder of ['usr/bin', 'usr/sbin']) rmSync(join(root, folder, name), { force: true });
    symlinkSync('/bin/busybox', join(root, 'usr/bin', name));
  }
  for (const [link, folder] of [
    ['sh', 'usr/bin'],
    ['init', 'usr/sbin'],
  ]) {
    rmSync(join(root, folder, link), { force: true });
    symlinkSync('/bin/busybox', join(root, folder, link));
  }
  for (const gone of ['usr/lib/systemd/systemd', 'etc/systemd', 'etc/sudoers.d/deploy'])
    rmSync(join(root, gone), { recursive: true, force: true });
  for (const folder of ['usr/local/etc/rc.d', 'volume1']) mkdirSync(join(root, folder), { recursive: true });
  for (const [file, [text, mode]] of Object.entries(FILES)) {
    mkdirSync(join(root, file, '..'), { recursive: true });
    writeFileSync(join(root, file), text, { mode });
  }
}
