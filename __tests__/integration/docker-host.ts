import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabHost, labModule } from './lab.ts';

/**
 * Debian's docker.io on a host of the lab, up and started at boot. What differs from one of hardware: its root is an overlay,
 * which no other one can be put onto (vfs instead), its control groups and /proc/sys have to be made writable, and a
 * container may not make keyrings: runc is told so.
 *
 * @param insecure `host:port` of a registry without TLS
 */
export async function installDocker(host: LabHost, insecure: string, ...packages: string[]): Promise<void> {
  const { install, exec } = await labModule('host');
  await install(host.name, ['docker.io', ...packages]);
  const daemon = {
    'storage-driver': 'vfs',
    'exec-opts': ['native.cgroupdriver=cgroupfs'],
    'insecure-registries': [insecure],
    'default-runtime': 'lab',
    runtimes: { lab: { path: '/usr/local/sbin/runc-lab' } },
  };
  const runc = `#!/bin/sh
for word; do shift; case $word in create|run) set -- "$@" "$word" --no-new-keyring;; *) set -- "$@" "$word";; esac; done
exec /usr/sbin/runc "$@"
`;
  const writable = `[Service]
ExecStartPre=/bin/sh -c 'mount -o remount,rw /proc/sys; for one in /sys/fs/cgroup/*/; do mount -o remount,bind,rw $one; done'
`;
  const files: [string, string, number][] = [
    ['etc/docker/daemon.json', JSON.stringify(daemon), 0o644],
    ['usr/local/sbin/runc-lab', runc, 0o755],
    ['etc/systemd/system/docker.service.d/lab.conf', writable, 0o644],
  ];
  for (const [path, text, mode] of files) {
    await mkdir(join(host.root, path, '..'), { recursive: true });
    await writeFile(join(host.root, path), text, { mode });
  }
  const start = 'systemctl daemon-reload && systemctl enable --quiet docker && systemctl start docker';
  const { code, stderr } = await exec(host.name, ['sh', '-c', start]);
  if (code !== 0) throw new Error(`starting docker on ${host.name}: ${stderr}`);
}
