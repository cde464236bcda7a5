// A second Kubernetes beside the first one, as real: the same modules, in a process of their own that is told so by a
// variable. Without a data plane of the Gateway API.
import { fileURLToPath } from 'node:url';
import { Missing } from './missing.mjs';
import { run } from './run.mjs';

const self = fileURLToPath(import.meta.url);

/** As `up()` of cluster.mjs: { kubeconfig, server, nodeAddress, gateway (of which nobody answers), kubectl }. Throws Missing. */
export const up = ({ progress = () => {} } = {}) => ask('up', progress);

/** Ends it and removes everything of it but the programs. Idempotent. */
export const down = () => ask('down');

/** As `status()` of cluster.mjs. */
export const status = () => ask('status');

async function ask(what, progress = () => {}) {
  const env = { ...process.env, SLIPWAY_LAB_CLUSTER: '2' };
  // the first `up` of a machine fetches programs
  const { lines, result, missing } = JSON.parse(await run([process.execPath, self, what], { env, timeout: 900_000 }));
  lines.forEach(progress);
  if (missing !== undefined) throw new Missing(...missing);
  return result;
}

async function answer(what) {
  const lines = [];
  const cluster = await import('./cluster.mjs');
  try {
    const result = await cluster[what]({ gateway: false, progress: line => lines.push(line) });
    return { lines, result };
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    return { lines, missing: [error.what, error.why, error.get] };
  }
}

if (process.argv[1] === self) console.log(JSON.stringify(await answer(process.argv[2])));
