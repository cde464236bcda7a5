// Real systemd hosts on this machine: systemd-nspawn machines with an address, systemd and sshd of their own.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labAddress } from './addresses.mjs';
import { ensurePackages, findExecutable } from './apt.mjs';
import { ensureBase } from './host/base.mjs';
import { ADMIN, furnishDsm } from './host/dsm.mjs';
import { endEmulation, ensureEmulation } from './host/emulation.mjs';
import { maskGenerators } from './host/generators.mjs';
import { ensureHostKeys, ensureUserKey, installKeys, writeKnownHosts } from './host/keys.mjs';
import { boot, cutPower, execIn, leaderPid, machineName, powerOff, present, waitReady } from './host/machine.mjs';
import { mountOverlay, removeTree, unmountAll } from './host/mounts.mjs';
import { installPackages } from './host/packages.mjs';
import { withLock } from './lock.mjs';
import { Missing } from './missing.mjs';
import { attach, detach } from './network.mjs';
import { labDir } from './paths.mjs';
import { daemonPid } from './process.mjs';

const READY_MS = 120_000;

/** A host of another architecture, emulated: boots in about 10 s. Without a tree of its own where it is this machine's. */
const ARCHITECTURES = process.arch === 'arm64' ? {} : { host43: 'arm64' };

/** Hosts that are like a Synology NAS. */
const isDsm = name => ['host51', 'host132'].includes(name);

const folderOf = name => labDir('hosts', name);
const locked = (name, fn) => withLock(labDir('locks', `host-${number(name)}`), 900_000, fn);

/** The number in a host's name: host1 to host229, at the lab's addresses .21 to .249. */
function number(name) {
  const found = Number(/^host([1-9]\d{0,2})$/.exec(name)?.[1]);
  if (!(found <= 229)) throw new Error(`"${name}" is not the name of a lab host: host1 to host229 are`);
  return found;
}

/** Where the host is or will be reached, and with what: { name, address, port, user, privateKey, knownHosts, root }; `password` where sudo asks. */
export function describe(name) {
  return {
    name,
    address: labAddress(20 + number(name)),
    port: 22,
    user: isDsm(name) ? ADMIN.name : 'deploy',
    ...(isDsm(name) ? { password: ADMIN.password } : {}),
    privateKey: labDir('ssh', 'id_ed25519'),
    knownHosts: labDir('ssh', name, 'known_hosts'),
    root: join(folderOf(name), 'root'),
  };
}

/** Makes sure of the tree that the host boots from, and resolves with its path; some minutes where it is not there yet. */
export async function ensureTree({ name = 'host1', progress = () => {} } = {}) {
  await ensurePossible();
  if (ARCHITECTURES[name]) await ensureEmulation();
  return ensureBase(progress, ARCHITECTURES[name]);
}

/**
 * Makes sure that the host is up and resolves with its description and { leaderPid }, its PID 1 seen from the machine.
 * `fresh` throws away what was written to it before; `bind` shows folders of this machine there, { '/in/the/host': folder }. Throws Missing where no such host can be had.
 */
export async function up({ name = 'host1', fresh = false, bind = {}, progress = () => {} } = {}) {
  number(name);
  const base = await ensureTree({ name, progress });
  return locked(name, async () => {
    const info = describe(name);
    if (present(name) && !daemonPid(machineName(name)) && !existsSync(info.root)) {
      throw new Error(
        `${name} is already up, from another cache folder than ${labDir()}; use that one (SLIPWAY_CACHE), or end the host with: npm run lab -- down host:${name}`,
      );
    }
    if (fresh || !daemonPid(machineName(name)) || !leaderPid(name)) {
      await end(name, cutPower);
      if (fresh || baseOf(name) !== base) await removeTree(folderOf(name));
      progress(`host: booting ${name} at ${info.address}`);
      await prepare(name, base, info);
      await boot(name, info.root, bind);
    }
    await waitReady(name, info.address, READY_MS, { answerMs: ARCHITECTURES[name] && 5_000, isDsm: isDsm(name) });
    return { ...info, leaderPid: leaderPid(name) };
  });
}

/** A power cut and a boot from the same files, as a test of what survives a reboot. Resolves as up() does. */
export async function restart(name = 'host1') {
  if (!leaderPid(name)) throw new Error(`restarting ${name}: the host is not up`);
  await locked(name, () => cutPower(name));
  return up({ name });
}

/**
 * Ends the host: processes, mounts, namespace. Its files stay for the next up, unless `remove`; then, and with `cut`, its power
 * is cut, which spares it the work of an orderly end. Idempotent.
 */
export async function down({ name, remove = false, cut = remove } = {}) {
  for (const one of name ? [name] : names()) {
    await locked(one, async () => {
      await end(one, cut || isDsm(one) ? cutPower : powerOff);
      if (ARCHITECTURES[one]) await endEmulation();
      if (remove) await removeTree(folderOf(one));
    });
  }
}

/** What is known about every host: [{ name, address, running, leaderPid }]. */
export async function status() {
  return names().map(name => ({
    name,
    address: describe(name).address,
    running: leaderPid(name) !== undefined,
    leaderPid: leaderPid(name),
  }));
}

/** Installs Debian packages on a host that is up, without starting or enabling their services. */
export async function install(name, packages, options) {
  await locked(name, () => installPackages(describe(name).root, packages, options));
}

/** Runs argv as root inside the host, from outside, without SSH: { code, signal, stdout, stderr }. Options as run.mjs. */
export const exec = execIn;

const names = () => (existsSync(labDir('hosts')) ? readdirSync(labDir('hosts')).sort() : []);

async function end(name, how) {
  await how(name);
  await unmountAll(describe(name).root);
  detach(machineName(name));
}

/** Everything a host needs before it boots; each step finds what an interrupted one left. */
async function prepare(name, base, info) {
  mkdirSync(folderOf(name), { recursive: true, mode: 0o755 });
  writeFileSync(join(folderOf(name), 'base.part'), base);
  renameSync(join(folderOf(name), 'base.part'), join(folderOf(name), 'base'));
  const [{ publicKey }, keysFolder] = [await ensureUserKey(), await ensureHostKeys(name)];
  writeKnownHosts(info.knownHosts, info.address, keysFolder);
  await attach(machineName(name), info.address);
  await mountOverlay(base, folderOf(name));
  if (isDsm(name)) await furnishDsm(info.root);
  else maskGenerators(info.root);
  installKeys(info.root, { publicKey, keysFolder, user: info.user });
  writeFileSync(join(info.root, 'etc/hostname'), `${name}\n`);
  writeFileSync(join(info.root, 'etc/hosts'), `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${name}\n`);
  mkdirSync(join(info.root, 'var/log/journal'), { recursive: true });
  const machineId = join(info.root, 'etc/machine-id');
  if (readFileSync(machineId, 'utf8') === '') writeFileSync(machineId, `${randomBytes(16).toString('hex')}\n`);
}

function baseOf(name) {
  const file = join(folderOf(name), 'base');
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

async function ensurePossible() {
  const what = 'systemd host';
  if (process.platform !== 'linux')
    throw new Missing(what, `needs Linux, this is ${process.platform}`, 'run it on a Linux machine');
  if (process.getuid() !== 0)
    throw new Missing(what, 'needs root: control groups, mounts, network namespaces', 'run the same command with sudo');
  // busybox: its shell, in which unit tests run the program of the hosts
  await ensurePackages(['busybox', 'systemd-container', 'iproute2', 'openssh-client', 'util-linux', 'mount']);
  if (!(await findExecutable('systemd-nspawn')))
    throw new Missing(what, 'systemd-nspawn is not on this machine', 'apt-get install systemd-container');
}
