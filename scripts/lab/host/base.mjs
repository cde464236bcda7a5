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

const NEEDED = ['systemd', 'systemd-sysv', 'dbus', 'openssh-server', 'sudo', 'iproute2', 'curl', 'ca-certificates'];

// libpam-systemd: without it there are no services of users. The shells: some users have another one than bash.
const FOR_ROLES = ['libpam-systemd', 'fish', 'tcsh', 'busybox'];

// A login by SSH starts no systemd of the user's own, as on hosts without it: that takes half a second each time.
const WITHOUT_SESSIONS = [['sed', '--in-place', '/pam_systemd/d', '/etc/pam.d/common-session']];

// What is put on top of the packages; a change of any of this makes a new tree.
const RECIPE = {
  suite: SUITE,
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

/** The recipe for an architecture as dpkg names it; undefined is this machine's own. Each package more costs an emulated host seconds. */
const recipeOf = arch =>
  arch === undefined
    ? { ...RECIPE, packages: [...NEEDED, ...FOR_ROLES], commands: [...RECIPE.commands, ...WITHOUT_SESSIONS] }
    : { ...RECIPE, packages: NEEDED };

// In namespaces of its own: should we be killed, debootstrap and all that it started end with us, and with them every
// mount that they made. Otherwise they would go on in a tree that the next run has begun to remove.
const CONTAINED = 'setpriv --pdeathsig KILL unshare --mount --mount-proc --pid --fork --kill-child=KILL --'.split(' ');

/** Other architectures that trees are made of. */
const FOREIGN = ['arm64'];

const basesDir = () => join(cacheRoot(), 'hosts');

/** Where the base tree of the present recipe lies; of this machine's architecture where none is given. */
export async function basePath(arch) {
  const named = arch ?? (await run(['dpkg', '--print-architecture'])).trim();
  const recipe = createHash('sha256')
    .update(JSON.stringify(recipeOf(arch)))
    .digest('hex')
    .slice(0, 8);
  return join(basesDir(), `${SUITE}-${named}-${recipe}`);
}

/**
 * Makes the base tree if it is not there and resolves with its path. The tree only ever has its final name when it is
 * whole. Takes about a minute, and some more where `arch` is not this machine's; `progress` gets one line per step.
 */
export async function ensureBase(progress = () => {}, arch = undefined) {
  await ensurePackages(['debootstrap', 'debian-archive-keyring']);
  const path = await basePath(arch);
  if (existsSync(path)) return path;
  return withLock(labDir('locks', `host-base${arch === undefined ? '' : `-${arch}`}`), 900_000, async () => {
    if (!existsSync(path)) await make(path, arch, progress);
    return path;
  });
}

async function make(path, arch, progress) {
  await removeOldTrees(path);
  const { mirror, env } = await machineMirror();
  const from = mirror ?? 'Debian’s default mirror';
  const debs = join(cacheRoot(), 'debs', ...(arch === undefined ? [] : [arch]));
  mkdirSync(debs, { recursive: true });
  const tree = `${path}.part`;
  mkdirSync(tree, { recursive: true, mode: 0o755 });
  progress(`host: making the base tree (${[SUITE, arch].filter(Boolean).join(' ')}) with debootstrap from ${from}`);
  const argv = [
    ...CONTAINED,
    'debootstrap',
    '--variant=minbase',
    ...(arch === undefined ? [] : [`--arch=${arch}`]),
    `--include=${recipeOf(arch).packages.join(',')}`,
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
  await furnish(tree, recipeOf(arch));
  renameSync(tree, path);
}

async function furnish(tree, recipe) {
  for (const [file, [text, mode]] of Object.entries(recipe.files)) {
    mkdirSync(join(tree, file, '..'), { recursive: true });
    writeFileSync(join(tree, file), text);
    chmodSync(join(tree, file), mode);
  }
  for (const command of recipe.commands) await run(['chroot', tree, ...command]);
  await run(['systemctl', `--root=${tree}`, 'mask', ...recipe.masked]);
  // Every host has keys and an identity of its own.
  for (const file of readdirSync(join(tree, 'etc/ssh')).filter(name => name.startsWith('ssh_host_')))
    rmSync(join(tree, 'etc/ssh', file));
  writeFileSync(join(tree, 'etc/machine-id'), '');
  for (const file of readdirSync(join(tree, 'var/cache/apt/archives')).filter(name => name.endsWith('.deb')))
    rmSync(join(tree, 'var/cache/apt/archives', file));
  writeFileSync(join(tree, 'etc/resolv.conf'), '');
}

/** Removes half-made trees, and those of older recipes that no host is mounted on. */
async function removeOldTrees(mine) {
  if (!existsSync(basesDir())) return;
  const current = [await basePath(), ...(await Promise.all(FOREIGN.map(basePath)))];
  const kind = mine.slice(0, mine.lastIndexOf('-') + 1);
  const mounts = readFileSync('/proc/self/mounts', 'utf8');
  for (const name of readdirSync(basesDir())) {
    const path = join(basesDir(), name);
    // what is being made of another architecture is under that one's lock
    if (path.endsWith('.part') && !path.startsWith(kind)) continue;
    if (current.includes(path) || mounts.includes(`lowerdir=${path},`)) continue;
    // A killed debootstrap leaves /proc mounted in its tree; removeTree unmounts first.
    await removeTree(path);
  }
}
