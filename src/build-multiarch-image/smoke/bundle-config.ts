import { join } from 'node:path';
import { readIfThere } from '../../core/files.ts';
import type { ImageConfig } from '../../core/oci/descriptor.ts';

/** The rights that containers usually have. */
const capabilities =
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE'
    .split(' ')
    .map(name => `CAP_${name}`);

/** An OCI runtime configuration (runtime-spec, config.md) of an image, in the network of this machine. */
export async function bundleConfig(
  image: ImageConfig,
  rootfs: string,
  argv: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<object> {
  const { Entrypoint = [], Cmd = [], Env = [], WorkingDir, User } = image.config ?? {};
  const user = await userOf(User ?? '', rootfs);
  const rights = user.uid === 0 ? capabilities : [];
  const mount = (destination: string, type: string, source: string, ...options: string[]) => ({
    destination,
    type,
    source,
    options: ['nosuid', ...options],
  });
  return {
    ociVersion: '1.0.2',
    process: {
      user,
      args: [...(Entrypoint ?? []), ...(argv.length > 0 ? argv : (Cmd ?? []))],
      env: [...(Env ?? []), ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)],
      cwd: WorkingDir || '/',
      noNewPrivileges: true,
      capabilities: { bounding: capabilities, effective: rights, permitted: rights },
    },
    root: { path: rootfs },
    hostname: 'smoke',
    mounts: [
      mount('/proc', 'proc', 'proc', 'noexec', 'nodev'),
      mount('/dev', 'tmpfs', 'tmpfs', 'strictatime', 'mode=755', 'size=65536k'),
      mount('/dev/shm', 'tmpfs', 'shm', 'noexec', 'nodev', 'mode=1777', 'size=65536k'),
    ],
    linux: { namespaces: ['pid', 'ipc', 'uts', 'mount'].map(type => ({ type })) },
  };
}

/** `65532`, `1000:1000`, or names that the image's own /etc/passwd and /etc/group have. */
async function userOf(text: string, rootfs: string): Promise<{ uid: number; gid: number }> {
  const [name = '', group] = text.split(':');
  const lines = async (file: string) =>
    ((await readIfThere(join(rootfs, 'etc', file))) ?? '').split('\n').map(line => line.split(':'));
  const known = (await lines('passwd')).find(fields => fields[0] === name || fields[2] === name);
  const uid = name === '' ? 0 : Number(known?.[2] ?? name);
  const named = group === undefined ? undefined : (await lines('group')).find(fields => fields[0] === group);
  const gid = Number(named?.[2] ?? group ?? known?.[3] ?? 0);
  return { uid, gid };
}
