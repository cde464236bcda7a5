// Where the cluster's programs come from: KUBEBUILDER_ASSETS, the cache, a ready-built archive, the official
// downloads. Where none of these has them, they can be built (build.mjs); that takes long, so it is never done unasked.
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.mjs';
import { Missing } from '../missing.mjs';
import { labDir } from '../paths.mjs';
import { fromArchive } from './archive.mjs';
import { fromDownloads } from './download.mjs';
import { readJson, writeJson } from './files.mjs';
import { keptDir, versions } from './layout.mjs';

/** Programs that are had together and have one version. */
export const GROUPS = {
  kubernetes: ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'kubectl'],
  etcd: ['etcd'],
  traefik: ['traefik'],
};

const binDir = () => keptDir('bin');
const stampPath = () => join(binDir(), '.versions.json');

/**
 * Paths of the programs that are at hand, by name; nothing is fetched. A group is taken from one place as a whole:
 * the folder that KUBEBUILDER_ASSETS names often has only etcd, kube-apiserver and kubectl, and a kubelet may not be
 * newer than its API server.
 */
export function findBinaries(env = process.env) {
  const found = {};
  const stamp = readJson(stampPath()) ?? {};
  for (const [group, names] of Object.entries(GROUPS)) {
    const folders = [env.KUBEBUILDER_ASSETS, stamp[group] === versions[group] ? binDir() : undefined];
    const folder = folders.find(one => one && names.every(name => isExecutable(join(one, name))));
    for (const name of folder ? names : []) found[name] = join(folder, name);
  }
  return found;
}

/** Paths of all programs, by name; gets those that are not at hand. Throws Missing. */
export async function ensureBinaries(progress) {
  if (missingGroups().length === 0) return findBinaries();
  return withLock(labDir('locks', 'kubernetes-programs'), 900_000, async () => {
    discardParts();
    const reasons = new Set();
    for (const source of [fromArchive, fromDownloads]) {
      for (const group of Object.keys(GROUPS)) {
        if (!missingGroups().includes(group)) continue;
        const part = keptDir(`part-${process.pid}`);
        mkdirSync(part, { recursive: true });
        try {
          const reason = await source(group, GROUPS, part, progress);
          if (reason) reasons.add(reason);
          // An archive holds several groups: whatever has arrived is kept.
          keepWhole(part);
        } finally {
          rmSync(part, { recursive: true, force: true });
        }
      }
    }
    const missing = missingGroups();
    if (missing.length === 0) return findBinaries();
    throw new Missing(
      `Kubernetes (${missing.flatMap(group => GROUPS[group]).join(', ')})`,
      [...reasons].join('; '),
      'npm run lab -- build cluster (about half an hour, needs Go)',
    );
  });
}

const missingGroups = () => Object.keys(GROUPS).filter(group => !GROUPS[group].every(name => findBinaries()[name]));

/** Moves the groups that are whole in `folder` into the cache. */
export function keepWhole(folder) {
  mkdirSync(binDir(), { recursive: true });
  for (const [group, names] of Object.entries(GROUPS)) {
    if (!names.every(name => isExecutable(join(folder, name)))) continue;
    for (const name of names) renameSync(join(folder, name), join(binDir(), name));
    writeJson(stampPath(), { ...readJson(stampPath()), [group]: versions[group] });
  }
}

// Left by a run that was killed; nobody else is writing, since we hold the lock.
function discardParts() {
  mkdirSync(keptDir(), { recursive: true });
  for (const name of readdirSync(keptDir())) {
    if (name.startsWith('part-')) rmSync(keptDir(name), { recursive: true, force: true });
  }
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
