import { type LabHost, labModule } from './lab.ts';
import { installPodman } from './podman-host.ts';

/** podman with podman-compose, networks between containers, and names in those. */
export async function installCompose(host: LabHost, insecure: string): Promise<void> {
  const { install } = await labModule('host');
  await installPodman(host, insecure);
  await install(host.name, [
    'podman-compose',
    'containernetworking-plugins',
    'golang-github-containernetworking-plugin-dnsname',
    'iptables',
  ]);
  await allowNetworks(host);
}

/** In the lab /proc/sys has to be made writable for those, after each boot. */
export async function allowNetworks(host: LabHost): Promise<void> {
  await (await labModule('host')).exec(host.name, ['mount', '-o', 'remount,rw', '/proc/sys']);
}
