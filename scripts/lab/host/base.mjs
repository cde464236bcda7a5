// The tree that every host boots from: a small Debian with systemd and OpenSSH, made once and never changed.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from '../apt.mjs';
import { withLock } from '../lock.mjs';
import { Missing } from '../missing.mjs';
import { cacheRoot, labDir } from '../paths.mjs';
import { capture, run } from '../run.mjs';
import { machineMirror } from './mirror.mjs';
import { removeTree } from './mounts.mjs';

const SUITE = 'bookworm';

// What is put on top of the packages; a change of any of this makes a new tree.
const RECIPE = {
  suite: SUITE,
  packages: ['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'iproute2', 'curl', 'ca-certificates'],
  files: {
    'etc/sudoers.d/deploy': ['deploy ALL=(ALL) NOPASSWD: ALL\n', 0o440],
    'etc/ssh/sshd_config.d/lab.conf': ['PasswordAuthentication no\nPermitRootLogin prohibit-password\n', 0o644],
    'etc/systemd/journald.conf.d/lab.conf': ['[Journal]\nStorage=persistent\nSystemMaxUse=64M\n', 0o644],
    'etc/fstab': ['', 0o644],
  },
  // No terminal is attached, and nothing may reach for the network or the disk behind a test's back.
  masked: [
    'console-getty.service',
    'getty.target',
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'fstrim.timer',
    'systemd-networkd.service',
    'systemd-networkd.socket',
  ],
  commands: [['useradd', '--create-home', '--shell', '/bin/bash', 'deploy']],
};

// In namespaces of its own: should we be killed, debootstrap and all that it started end with us, and with them every
// mount that they made. Otherwise they would go on in a tree that the next run has begun to remove.
const CONTAINED = 'setpriv --pdeathsig KILL unshare --mount --mount-proc --pid --fork --kill-child=KILL --'.split(' ');

const basesDir = () => join(cacheRoot(), 'hosts');

/** Where the base tree for this machine's architecture and the present recipe lies. */
export async function basePath() {
  const arch = (await run(['dpkg', '--print-architecture'])).trim();
  const recipe = createHash('sha256').update(JSON.stringify(RECIPE)).digest('hex').slice(0, 8);
  return join(basesDir(), `${SUITE}-${arch}-${recipe}`);
}

/**
 * Makes the base tree if it is not there and resolves with its path. The tree only ever has its final name when it is
 * whole. Takes about a minute; `progress` gets one line per step.
 */
export async function ensureBase(progress = () => {}) {
  await ensurePackages(['debootstrap', 'debian-archive-keyring']);
  const path = await basePath();
  if (existsSync(path)) return path;
  return withLock(labDir('locks', 'host-base'), 900_000, async () => {
    if (!existsSync(path)) await make(path, progress);
    return path;
  });
}

async function make(path, progress) {
  await removeOldTrees(path);
  const { mirror, env } = await machineMirror();
  const from = mirror ?? 'Debian’s default mirror';
  const debs = join(cacheRoot(), 'debs');
  mkdirSync(debs, { recursive: true });
  const tree = `${path}.part`;
  mkdirSync(tree, { recursive: true, mode: 0o755 });
  progress(`host: making the base tree (${SUITE}) with debootstrap from ${from}`);
  const argv = [
    ...CONTAINED,
    'debootstrap',
    '--variant=minbase',
    `--include=${RECIPE.packages.join(',')}`,
    `--cache-dir=${debs}`,
    SUITE,
    tree,
    ...(mirror === undefined ? [] : [mirror]),
  ];
  const result = await capture(argv, {
    timeout: 840_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', ...env },
  });
  if (result.code !== 0) {
    const log = join(tree, 'debootstrap/debootstrap.log');
    const seen = [
      ...result.stdout.split('\n').filter(line => line.startsWith('E:')),
      ...(existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').slice(-3) : []),
    ].join('; ');
    throw new Missing(
      'systemd host',
      `debootstrap from ${from} failed: ${seen || result.stderr.trim() || `exit code ${result.code}`}`,
      `check that ${from} can be reached, then try again (what was downloaded is kept)`,
    );
  }
  progress('host: setting up the base tree');
  await furnish(tree);
  renameSync(tree, path);
}

async function furnish(tree) {
  for (const [file, [text, mode]] of Object.entries(RECIPE.files)) {
    mkdirSync(join(tree, file, '..'), { recursive: true });
    writeFileSync(join(tree, file), text);
    chmodSync(join(tree, file), mode);
  }
  for (const command of RECIPE.commands) await run(['chroot', tree, ...command]);
  await run(['systemctl', `--root=${tree}`, 'mask', ...RECIPE.masked]);
  // Every host has keys and an identity of its own.
  for (const file of readdirSync(join(tree, 'etc/ssh')).filter(name => name.startsWith('ssh_host_')))
    rmSync(join(tree, 'etc/ssh', file));
  writeFileSync(join(tree, 'etc/machine-id'), '');
  for (const file of readdirSync(join(tree, 'var/cache/apt/archives')).filter(name => name.endsWith('.deb')))
    rmSync(join(tree, 'var/cache/apt/archives', file));
  writeFileSync(join(tree, 'etc/resolv.conf'), '');
}

/** Removes half-made trees, and those of older recipes that no host is mounted on. */
async function removeOldTrees(current) {
  if (!existsSync(basesDir())) return;
  const mounts = readFileSync('/proc/self/mounts', 'utf8');
  for (const name of readdirSync(basesDir())) {
    const path = join(basesDir(), name);
    if (path === current || mounts.includes(`lowerdir=${path},`)) continue;
    // A killed debootstrap leaves /proc mounted in its tree; removeTree unmounts first.
    await removeTree(path);
  }
}
