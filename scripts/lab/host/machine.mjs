// One systemd-nspawn machine: boot it, run commands in it, power it off, cut its power.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { daemonPid, logTail, startDaemon, stopDaemon, waitUntil } from '../process.mjs';
import { capture } from '../run.mjs';
import { groupProcesses, killGroup, makeGroup, removeGroup } from './cgroup.mjs';

// Joins the host's control groups, then keeps the machine: a reboot from inside ends nspawn with 133 (--keep-unit).
// "$@" is "GROUP... -- nspawn...". A signal to this shell is of no use: the machine is powered off from inside.
const KEEP = `
while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 1; shift; done
shift
while :; do "$@"; code=$?; [ $code -eq 133 ] || exit $code; done`;

/** The names that a host's parts have on the machine: daemon, control group, namespace. */
export const machineName = name => `slipway-${name}`;

/** Boots the tree `root` as the host `name` in its network namespace, with the folders of `bind`; returns when the process is there. */
export async function boot(name, root, bind = {}) {
  const id = machineName(name);
  // Output of the console goes to the log; systemd-nspawn must not register with systemd, which may not be there.
  const nspawn = [
    'systemd-nspawn',
    '--quiet',
    '-D',
    root,
    '--boot',
    '--register=no',
    '--keep-unit',
    '--console=pipe',
    `--machine=${id}`,
    `--hostname=${name}`,
    '--resolv-conf=off',
    '--timezone=off',
    // the network namespace is the host's own, and so are the firewall's rules in it
    '--capability=CAP_NET_ADMIN',
    '--link-journal=no',
    `--network-namespace-path=/run/netns/${id}`,
    ...Object.entries(bind).map(([at, folder]) => `--bind=${folder}:${at}`),
  ];
  return startDaemon(id, ['/bin/sh', '-c', KEEP, 'sh', ...makeGroup(id), '--', ...nspawn]);
}

/** Whether any process of the host is there. */
export const present = name => groupProcesses(machineName(name)).length > 0;

/** The pid, seen from the machine, of PID 1 of the host; undefined while there is none. */
export function leaderPid(name) {
  return groupProcesses(machineName(name)).find(pid => {
    try {
      // "NSpid: 4711 1": process 1 of the innermost pid namespace. Before its exec, it still is nspawn.
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return /^NSpid:\t\d+\t1$/m.test(status) && /^Name:\t(systemd|init)$/m.test(status);
    } catch (error) {
      if (error.code === 'ENOENT' || error.code === 'ESRCH') return false;
      throw error;
    }
  });
}

/** Runs argv as root inside the host, from outside, without SSH. Resolves with { code, signal, stdout, stderr }. */
export async function execIn(name, argv, { timeout = 120_000, ...options } = {}) {
  const leader = leaderPid(name);
  if (!leader) throw new Error(`running ${argv[0]} in ${name}: the host is not up`);
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/root',
    LANG: 'C.UTF-8',
    ...options.env,
  };
  const enter = `nsenter --target ${leader} --mount --uts --ipc --net --pid --cgroup --`.split(' ');
  // nsenter forks: killing it would leave the command, so the deadline is kept inside. In the foreground, since a
  // command may read from the terminal.
  const foreground = existsSync(`/proc/${leader}/root/etc.defaults`) ? [] : ['--foreground']; // busybox has no such option
  const deadline = ['timeout', ...foreground, '-s', 'KILL', String(Math.ceil(timeout / 1000))];
  return capture([...enter, ...deadline, ...argv], { ...options, env, timeout: timeout + 5_000 });
}

/** Waits until sshd answers with its banner and the host has finished booting: as systemd says, or by a file as DSM's start leaves it. */
export async function waitReady(name, address, deadlineMs, { answerMs = 500, isDsm = false } = {}) {
  const options = { daemon: machineName(name), interval: 30 };
  await waitUntil(
    `waiting for sshd of ${name} at ${address}:22`,
    deadlineMs,
    () => leaderPid(name) && sshBanner(address),
    options,
  );
  const booted = async () => (await execIn(name, ['test', '-e', '/run/booted'])).code === 0;
  if (isDsm) return waitUntil(`waiting for ${name} to finish booting`, deadlineMs, booted, options);
  return waitUntil(
    `waiting for systemd of ${name} to finish booting`,
    deadlineMs,
    async () => {
      // A call during the boot may be lost; systemctl would wait 25 s for the answer.
      const { stdout } = await execIn(name, ['systemctl', 'is-system-running'], { timeout: answerMs });
      return ['running', 'degraded'].includes(stdout.trim()) && stdout.trim();
    },
    options,
  );
}

/** Powers the host off as systemd does, up to `timeout` ms; then cuts its power. */
export async function powerOff(name, timeout = 10_000) {
  const leader = leaderPid(name);
  if (leader && daemonPid(machineName(name))) {
    // SIGRTMIN+4 asks systemd to power off; Node has no name for it (SIGRTMIN is 34 with glibc).
    process.kill(leader, 38);
    await waitUntil('power off', timeout, () => !present(name)).catch(() => {});
  }
  await cutPower(name);
}

/** Ends every process of the host at once, as a power cut does; leaves its files as they are. */
export async function cutPower(name) {
  const id = machineName(name);
  await killGroup(id);
  await stopDaemon(id);
  removeGroup(id);
  // systemd-nspawn removes this itself, unless it is killed.
  rmSync(`/run/systemd/nspawn/propagate/${id}`, { recursive: true, force: true });
}

/** The end of the host's console output, for error messages. */
export const consoleTail = name => logTail(machineName(name));

/** The first line that sshd sends, or undefined when nothing answers yet. */
function sshBanner(address) {
  return new Promise(resolve => {
    const socket = connect({ host: address, port: 22, timeout: 500 });
    const end = value => {
      socket.destroy();
      resolve(value);
    };
    socket.on('data', data => end(data.toString().startsWith('SSH-') && data.toString().split('\r\n')[0]));
    socket.on('error', () => end(undefined));
    socket.on('timeout', () => end(undefined));
  });
}
