// Ends the cluster and removes everything of it but the programs.
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { detach } from '../network.mjs';
import { daemons, stopDaemon, waitUntil } from '../process.mjs';
import { capture } from '../run.mjs';
import { cgroupPids, removeCgroup } from './cgroup.mjs';
import { CONTAINERD_SOCKET, clusterDir, daemonName, NAME, NETNS, RUNTIME } from './layout.mjs';
import { forgetState } from './state.mjs';

/** Whatever state the cluster is in, afterwards there is none. */
export async function teardown() {
  // First, so that a run after this one was killed does not take dying daemons for a cluster.
  forgetState();
  // containerd last: it still hears of the ends of its containers. Nobody gets long, since no data is to be kept.
  const last = daemonName('containerd');
  const others = daemons().filter(name => name.startsWith(daemonName('')) && name !== last);
  await Promise.all(others.map(name => stopDaemon(name, { timeout: 1_000 })));
  await waitUntil('ending the processes of the pods', 20_000, () => kill(cgroupPids()), { interval: 50 });
  await stopDaemon(last, { timeout: 2_000 });
  await waitUntil('ending the container runtime', 20_000, () => kill(shimPids()), { interval: 50 });
  await unmountBelow(clusterDir());
  await unmountBelow(RUNTIME);
  await waitUntil('removing the control groups of the pods', 10_000, removeCgroup, { interval: 50 });
  detach(NETNS);
  removeLogLinks();
  removeCniResults();
  rmSync(RUNTIME, { recursive: true, force: true });
  rmSync(clusterDir(), { recursive: true, force: true });
}

/** SIGKILL to each; true when there was none left. */
function kill(pids) {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
  return pids.length === 0;
}

// containerd's shims outlive it by design. Ours name our socket.
function shimPids() {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return argv[0].includes('containerd-shim') && argv.includes(CONTAINERD_SOCKET);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function unmountBelow(folder) {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map(line =>
      line.split(' ')[4]?.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .filter(point => point?.startsWith(`${folder}/`));
  // The newest first. Lazily, since nothing uses them any more but what is just ending.
  for (const point of points.reverse()) await capture(['umount', '--lazy', point], { timeout: 10_000 });
}

// The kubelet puts a link for each container into /var/log/containers, whatever its configuration says.
function removeLogLinks() {
  const folder = '/var/log/containers';
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (readlinkSync(path).startsWith(clusterDir('pod-logs'))) rmSync(path);
  }
  removeIfEmpty(folder);
}

// So do the CNI plugins with what they have set up: NETWORK-SANDBOX-INTERFACE. Our network's name tells our sandboxes;
// the loopback of each is recorded under a name that every cluster uses.
function removeCniResults() {
  const folder = '/var/lib/cni/results';
  if (!existsSync(folder)) return;
  const networks = new RegExp(`^${NAME}-([0-9a-f]{64})-`);
  const names = readdirSync(folder);
  const sandboxes = names.map(name => name.match(networks)?.[1]).filter(Boolean);
  for (const name of names) if (sandboxes.some(id => name.includes(id))) rmSync(join(folder, name));
}

function removeIfEmpty(folder) {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
