// What the node needs of the distribution. A package is asked for only where its program is missing: installing
// Debian's containerd over Docker's would remove Docker.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages, findExecutable } from '../apt.mjs';

const PROGRAMS = {
  containerd: 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  iptables: 'iptables',
  ip: 'iproute2',
  openssl: 'openssl',
  nsenter: 'util-linux',
};
const CNI_FOLDERS = ['/usr/lib/cni', '/opt/cni/bin'];
const CNI_PLUGINS = ['bridge', 'host-local', 'loopback', 'portmap'];

/** The folder that has the CNI plugins, or undefined. */
export const cniFolder = () => CNI_FOLDERS.find(folder => CNI_PLUGINS.every(name => existsSync(join(folder, name))));

/** Makes sure that the node's programs and CNI plugins are installed. Throws Missing. */
export async function ensureNodePackages() {
  const names = new Set();
  for (const [program, name] of Object.entries(PROGRAMS)) if (!(await findExecutable(program))) names.add(name);
  if (!cniFolder()) names.add('containernetworking-plugins');
  if (names.size > 0) await ensurePackages([...names]);
}
