// The control group that the pods live in. It is the lab's own, so that ending every process in it can hit nobody else,
// even where the machine runs another Kubernetes.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CGROUP } from './layout.mjs';

// Every hierarchy: one for each controller (version 1), one for all (version 2), or both.
function hierarchies() {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
    .map(([, path, type]) => ({ path, version: type === 'cgroup2' ? 2 : 1 }));
}

/** Makes the control group in every hierarchy. */
export function ensureCgroup() {
  for (const { path, version } of hierarchies()) {
    if (version === 2) delegate(path);
    const group = join(path, CGROUP);
    mkdirSync(group, { recursive: true });
    // Version 1: a new cpuset allows no processor until it is told which.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const own = join(group, file);
      if (version === 1 && existsSync(own) && readFileSync(own, 'utf8').trim() === '') {
        writeFileSync(own, readFileSync(join(path, file)));
      }
    }
  }
}

function delegate(root) {
  const words = file => readFileSync(join(root, file), 'utf8').split(/\s+/).filter(Boolean);
  const enabled = words('cgroup.subtree_control');
  const wanted = words('cgroup.controllers').filter(name => !enabled.includes(name));
  for (const name of wanted) {
    try {
      writeFileSync(join(root, 'cgroup.subtree_control'), `+${name}`);
    } catch {
      // The kubelet names those that it cannot do without.
    }
  }
}

/** The pids of all processes in the control group and below. */
export function cgroupPids() {
  const pids = new Set();
  for (const folder of hierarchies().flatMap(({ path }) => below(join(path, CGROUP)))) {
    try {
      for (const pid of readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n')) if (pid) pids.add(Number(pid));
    } catch (error) {
      if (error.code !== 'ENOENT' && error.code !== 'ENODEV') throw error;
    }
  }
  return [...pids];
}

/** Removes the control group. Returns whether it is gone: a process that is still ending keeps it for a moment. */
export function removeCgroup() {
  let gone = true;
  for (const folder of hierarchies().flatMap(({ path }) => below(join(path, CGROUP)))) {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (error.code !== 'ENOENT') gone = false;
    }
  }
  return gone;
}

// Deepest first, as rmdir needs it.
function below(folder) {
  if (!existsSync(folder)) return [];
  const children = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory());
  return [...children.flatMap(entry => below(join(folder, entry.name))), folder];
}
