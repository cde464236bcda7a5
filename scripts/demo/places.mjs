// The places a release goes to: registry, systemd host, Kubernetes. What was not up before the demo is ended by it.
import { mkdirSync } from 'node:fs';
import * as cluster from '../lab/cluster.mjs';
import * as host from '../lab/host.mjs';
import { Missing } from '../lab/missing.mjs';
import * as network from '../lab/network.mjs';
import { cacheRoot } from '../lab/paths.mjs';
import * as registry from '../lab/registry.mjs';
import { run } from '../lab/run.mjs';

export const demoHost = 'host20';
export const namespace = 'slipway-demo';

/**
 * Starts the places side by side. Resolves with { registry, host, cluster, leftOut, end() }: a place that cannot be had
 * is undefined, and `leftOut` says why and how to get it.
 */
export async function startPlaces() {
  mkdirSync(cacheRoot(), { recursive: true });
  console.log('setting up (the first time takes minutes: packages, a systemd host, a cluster)');
  const began = [];
  const leftOut = [];
  const start = async (what, module, options) => {
    const known = [await module.status()].flat().find(one => options.name === undefined || one.name === options.name);
    const start = Date.now();
    try {
      const info = await module.up({ progress: line => console.log(`  ${line}`), ...options });
      if (!known?.running) began.push(() => module.down({ name: options.name }));
      console.log(`  ${what} is up (${((Date.now() - start) / 1000).toFixed(1)} s)`);
      return info;
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      leftOut.push({ what, why: error.why, get: error.get });
      console.log(`  ${what} cannot be had: ${error.why}`);
      return undefined;
    }
  };
  const end = async () => {
    for (const down of began.reverse()) await down();
    if (began.length > 0 && process.getuid?.() === 0) network.removeBridge();
  };
  const results = await Promise.allSettled([
    start('registry', registry, {}),
    start('systemd host', host, { name: demoHost, fresh: true }),
    start('Kubernetes', cluster, {}),
  ]);
  const failed = results.find(one => one.status === 'rejected');
  if (failed !== undefined) {
    await end();
    throw failed.reason;
  }
  const [reg, machine, kube] = results.map(one => one.value);
  if (kube !== undefined) await freshNamespace(kube);
  return { registry: reg, host: machine, cluster: reg && kube, leftOut, end };
}

async function freshNamespace({ kubectl, kubeconfig }) {
  const k = (...args) => run([kubectl, '--kubeconfig', kubeconfig, ...args], { timeout: 120_000 });
  await k('delete', 'namespace', namespace, '--ignore-not-found', '--wait', '--timeout=90s');
  await k('create', 'namespace', namespace);
}
