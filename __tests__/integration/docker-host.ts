import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabHost, labModule } from './lab.ts';

/** In the lab a host’s control groups and /proc/sys have to be made writable. */
const makeWritable =
  'mount -o remount,rw /proc/sys; for one in /sys/fs/cgroup/*/; do mount -o remount,bind,rw $one; done';

/**
 * Debian's docker.io on a host of the lab, up and started at boot.
 *
 * @param insecure `host:port` of a registry without TLS
 */
export async function installDocker(host: LabHost, insecure: string, ...packages: string[]): Promise<void> {
  const { install, exec } = await labModule('host');
  await install(host.name, ['docker.io', ...packages]);
  await configure(host, insecure, {});
  const folder = join(host.root, 'etc/systemd/system/docker.service.d');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'lab.conf'), `[Service]\nExecStartPre=/bin/sh -c '${makeWritable}'\n`);
  const start = 'systemctl daemon-reload && systemctl enable --quiet docker && systemctl start docker';
  const { code, stderr } = await exec(host.name, ['sh', '-c', start]);
  if (code !== 0) throw new Error(`starting docker on ${host.name}: ${stderr}`);
}

/** The same where DSM has it, on a host without systemd, as its Container Manager would: nothing starts it at boot. */
export async function installDockerOnNas(host: LabHost, insecure: string): Promise<void> {
  const { install } = await labModule('host');
  await install(host.name, ['docker.io'], { unpack: true });
  await configure(host, insecure, { iptables: false, bridge: 'none' });
  await symlink('/usr/bin/docker', join(host.root, 'usr/local/bin/docker'));
  await startDockerOnNas(host);
}

export async function startDockerOnNas(host: LabHost): Promise<void> {
  const { exec } = await labModule('host');
  const start = `${makeWritable}; setsid dockerd </dev/null >/var/log/dockerd.log 2>&1 &
until docker version >/dev/null 2>&1; do sleep 0.1; done`;
  const { code } = await exec(host.name, ['sh', '-c', start], { timeout: 30_000 });
  if (code !== 0) throw new Error(`starting docker on ${host.name}: see /var/log/dockerd.log there`);
}

/**
 * What differs from a host of hardware: its root is an overlay, which no other one can be put onto (vfs instead), and a
 * container may not make keyrings: runc is told so.
 */
async function configure(host: LabHost, insecure: string, more: object): Promise<void> {
  const daemon = {
    'storage-driver': 'vfs',
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'insecure-registries': [insecure],
    'default-runtime': 'lab',
    runtimes: { lab: { path: '/usr/local/sbin/runc-lab' } },
    ...more,
  };
  const runc = `#!/bin/sh
for word; do shift; case $word in create|run) set -- "$@" "$word" --no-new-keyring;; *) set -- "$@" "$word";; esac; done
exec /usr/sbin/runc "$@"
`;
  await mkdir(join(host.root, 'etc/docker'), { recursive: true });
  await writeFile(join(host.root, 'etc/docker/daemon.json'), JSON.stringify(daemon));
  await writeFile(join(host.root, 'usr/local/sbin/runc-lab'), runc, { mode: 0o755 });
}
