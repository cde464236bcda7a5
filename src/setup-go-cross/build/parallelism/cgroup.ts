import { join } from 'node:path';

/** The whole text of a file, or undefined where there is none (or it may not be read). */
export type Read = (path: string) => string | undefined;

/** A control group's folder with those above it, innermost first: each of them limits what is below it. */
export interface Groups {
  readonly version: 1 | 2;
  readonly folders: readonly string[];
}

/**
 * The groups of this process for a controller (`memory`, `cpu`), as cgroups(7) describes /proc/self/cgroup and
 * /proc/self/mountinfo. On a hybrid machine the controller is in one of the two hierarchies: the first that has it.
 */
export function groupsOf(controller: 'memory' | 'cpu', read: Read): Groups[] {
  const memberships = (read('/proc/self/cgroup') ?? '').split('\n').map(line => {
    const [, controllers = '', path = ''] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return { controllers: controllers.split(','), path };
  });
  return mounts(read('/proc/self/mountinfo') ?? '').flatMap(({ root, point, type, options }): Groups[] => {
    const version = type === 'cgroup2' ? 2 : 1;
    if (version === 1 && !options.includes(controller)) return [];
    const name = version === 2 ? '' : controller;
    const path = memberships.find(({ controllers }) => controllers.includes(name))?.path;
    return path === undefined ? [] : [{ version, folders: upwards(point, below(root, path)) }];
  });
}

/** Of the lines of mountinfo those that mount control groups: what part of the hierarchy, where, and with what. */
function mounts(mountinfo: string) {
  return mountinfo.split('\n').flatMap(line => {
    const [left = '', right = ''] = line.split(' - ');
    const [type = '', , options = ''] = right.split(' ');
    const [, , , root = '', point = ''] = left.split(' ');
    return type === 'cgroup' || type === 'cgroup2' ? [{ type, root, point, options: options.split(',') }] : [];
  });
}

/** A container sees a part of the hierarchy only: its path, seen from the root of what is mounted there. */
function below(root: string, path: string): string {
  if (root === '/' || root === '') return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : '/';
}

function upwards(point: string, path: string): string[] {
  const parts = path.split('/').filter(part => part !== '' && part !== '..');
  return parts.map((_, index) => join(point, ...parts.slice(0, parts.length - index))).concat(point);
}
