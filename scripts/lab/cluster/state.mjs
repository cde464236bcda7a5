// Whether what an earlier run left behind can be used.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { readJson, writeJson } from './files.mjs';
import { clusterDir, nodeAddress, RUNTIME, versions } from './layout.mjs';

// Count it up when a change of these files does not suit a running cluster.
const RECIPE = 1;

const path = () => clusterDir('state.json');

// What the certificates, the data and the running processes depend on. After a restart of the machine every process
// is gone and half of what they had set up: beginning anew takes seconds and is always right.
const expected = () => ({
  recipe: RECIPE,
  versions,
  address: nodeAddress(),
  boot: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
});

/** "none", "usable", or "stale" (of another boot, address or version, or not whole). */
export function foundState() {
  if (!existsSync(clusterDir()) && !existsSync(RUNTIME)) return 'none';
  return JSON.stringify(readJson(path())) === JSON.stringify(expected()) ? 'usable' : 'stale';
}

/** Says of what is being made now what it depends on. */
export const recordState = () => writeJson(path(), expected());

/** Whatever is there is not to be used any more. */
export const forgetState = () => rmSync(path(), { force: true });
