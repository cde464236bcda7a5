import { type LabHost, labModule } from './lab.ts';
import { installPodman } from './podman-host.ts';

/** podman with podman-compose, and with networks between containers: in the lab /proc/sys has to be made writable for those. */
export async function installCompose(host: LabHost, insecure: string): Promise<void> {
  const { install, exec } = await labModule('host');
  await installPodman(host, insecure);
  await install(host.name, ['podman-compose', 'containernetworking-plugins', 'iptables']);
  await exec(host.name, ['mount', '-o', 'remount,rw', '/proc/sys']);
}
