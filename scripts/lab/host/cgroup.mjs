// A control group per host, in every hierarchy of the machine. systemd in the host takes it for the root of its own
// tree: two hosts in one group would kill each other's services. It also finds all processes of a host, whoever
// started them, so that nothing is left when the lab's own records are lost.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The mount points of the cgroup hierarchies; cpuset of version 1 is left out, since new groups there refuse processes. */
function hierarchies() {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .filter(
      ([, , type, options]) => (type === 'cgroup' || type === 'cgroup2') && !options.split(',').includes('cpuset'),
    )
    .map(([, point]) => point);
}

/**
 * A group has as much of the cores as one process has beside it, however many are in it. A host stands for a machine of its
 * own: on cores that compilers keep busy it would take minutes to start a service. Of versions 1 and 2 of control groups.
 */
const shares = [
  ['cpu.shares', '8192'],
  ['cpu.weight', '800'],
];

/** The group's folders, made if needed: a process joins by writing its pid to cgroup.procs in each. */
export function makeGroup(name) {
  return hierarchies().map(point => {
    const folder = join(point, name);
    mkdirSync(folder, { recursive: true });
    for (const [file, share] of shares) if (existsSync(join(folder, file))) writeFileSync(join(folder, file), share);
    return folder;
  });
}

/** The pids of all processes in the group and below, in any hierarchy. */
export function groupProcesses(name) {
  const pids = new Set();
  for (const folder of groupFolders(name)) {
    for (const pid of readOr(join(folder, 'cgroup.procs'), '').split('\n').filter(Boolean)) pids.add(Number(pid));
  }
  return [...pids];
}

/** Kills every process of the group, at once where the kernel can (cgroup.kill), and waits until none is left. */
export async function killGroup(name, deadlineMs = 10_000) {
  const until = Date.now() + deadlineMs;
  for (;;) {
    for (const point of hierarchies()) {
      const switchFile = join(point, name, 'cgroup.kill');
      if (existsSync(switchFile)) writeFileSync(switchFile, '1');
    }
    const pids = groupProcesses(name);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid);
    if (Date.now() > until)
      throw new Error(
        `ending the processes of ${name}: ${pids.join(', ')} still there ${deadlineMs / 1000} s after SIGKILL`,
      );
    await sleep(10);
  }
}

/** Removes the group's folders; they must be empty of processes. */
export function removeGroup(name) {
  for (const folder of groupFolders(name)) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
}

/** Every folder of the group in every hierarchy, the deepest first. */
function groupFolders(name) {
  const found = [];
  const walk = folder => {
    let entries;
    try {
      entries = readdirSync(folder, { withFileTypes: true });
    } catch (error) {
      if (error.code === 'ENOENT') return;
      throw error;
    }
    for (const entry of entries) if (entry.isDirectory()) walk(join(folder, entry.name));
    found.push(folder);
  };
  for (const point of hierarchies()) walk(join(point, name));
  return found;
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function readOr(path, otherwise) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENODEV'].includes(error.code)) return otherwise;
    throw error;
  }
}
