// A real Prometheus in the cluster's network, which scrapes pods at their addresses. Debian's has no discovery of pods
// (it is built without Kubernetes), so a daemon of ours writes them into a file that Prometheus watches.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ensurePackages, findExecutable } from './apt.mjs';
import { writeJson } from './cluster/files.mjs';
import { clusterDir, NETNS, nodeAddress } from './cluster/layout.mjs';
import { up as upCluster } from './cluster.mjs';
import { withLock } from './lock.mjs';
import { cacheRoot, labDir } from './paths.mjs';
import { daemonPid, daemons, startDaemon, stopDaemon, waitUntil } from './process.mjs';

const writer = fileURLToPath(new URL('prometheus/write-targets.mjs', import.meta.url));
const PREFIX = 'cluster-prometheus';
const locked = fn => withLock(labDir('locks', PREFIX), 600_000, fn);

const daemonOf = name => `${PREFIX}-${name}`;
const writerOf = name => `${PREFIX}-targets-${name}`;
const describe = port => ({ url: `http://${nodeAddress()}:${port}`, address: `${nodeAddress()}:${port}` });

/**
 * Makes sure that a Prometheus answers at { url }; it scrapes every pod of the annotation prometheus.io/scrape, of one
 * namespace or of all, with the labels `namespace` and `pod`. What it has stored ends with the cluster.
 *
 * @param port a file of tests has its own, so that it can end and start its Prometheus as it likes
 */
export async function up({ port = 9090, namespace = '', interval = '1s', progress = () => {} } = {}) {
  const name = String(port);
  await upCluster({ progress });
  return locked(async () => {
    const binary = await ensureBinary();
    const folder = clusterDir('prometheus', name);
    mkdirSync(`${folder}/data`, { recursive: true, mode: 0o700 });
    writeJson(`${folder}/prometheus.json`, {
      global: { scrape_interval: interval, scrape_timeout: interval },
      scrape_configs: [{ job_name: 'pods', file_sd_configs: [{ files: [`${folder}/targets.json`] }] }],
    });
    const env = { SLIPWAY_CACHE: cacheRoot() }; // where it finds the cluster
    await startDaemon(writerOf(name), [process.execPath, writer, `${folder}/targets.json`, namespace], { env });
    const listen = describe(port).address;
    const argv = [binary, `--config.file=${folder}/prometheus.json`, `--storage.tsdb.path=${folder}/data`];
    await startDaemon(daemonOf(name), [...argv, `--web.listen-address=${listen}`], { netns: NETNS });
    const { url } = describe(port);
    await waitUntil(`waiting for Prometheus at ${url}`, 60_000, () => ready(url), { daemon: daemonOf(name) });
    return describe(port);
  });
}

/** Ends one, or all; `signal: 'SIGKILL'` for tests of faults. Up again, it goes on with what it had stored. */
export const down = ({ port, signal = 'SIGTERM' } = {}) =>
  locked(async () => {
    const all = daemons().filter(name => name.startsWith(PREFIX));
    const wanted = port === undefined ? all : [daemonOf(String(port)), writerOf(String(port))];
    await Promise.all(wanted.map(name => stopDaemon(name, { signal })));
  });

/** { url, running, pid } of the one at the usual port. */
export async function status() {
  const pid = daemonPid(daemonOf('9090'));
  return { ...describe(9090), running: pid !== undefined && (await ready(describe(9090).url)), pid };
}

async function ensureBinary() {
  if (process.env.SLIPWAY_PROMETHEUS) return process.env.SLIPWAY_PROMETHEUS;
  if (!(await findExecutable('prometheus'))) await ensurePackages(['prometheus']);
  return findExecutable('prometheus');
}

async function ready(url) {
  try {
    return (await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
