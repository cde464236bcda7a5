import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { run } from '../../src/core/process.ts';

/** How a share is exported, as flags of scripts/lab/nfs-like. */
export interface Export {
  /** For which a client remembers names and attributes: `4s`. */
  readonly stale?: string;
  readonly squash?: 'root' | 'all' | 'none' | 'krb5';
  readonly readOnly?: boolean;
  readonly delay?: string;
}

export interface Mounted {
  readonly unmount: () => Promise<void>;
  /** As when the client has given up its server: whoever has the mount is told so (ENOTCONN). */
  readonly lose: () => Promise<void>;
}

/** Shows a folder at another place as a client of NFS would see it; resolves when it does, with what ends it. */
export async function mountShare(
  program: string,
  folder: string,
  mountpoint: string,
  { stale = '500ms', squash = 'root', readOnly = false, delay = '0' }: Export = {},
): Promise<Mounted> {
  const flags = ['-stale', stale, '-squash', squash, '-delay', delay, ...(readOnly ? ['-read-only'] : [])];
  return mountBy(program, [...flags, folder], mountpoint);
}

/** By a program of scripts/lab that mounts at its last argument, says so, and unmounts when its standard input ends. */
export async function mountBy(program: string, args: readonly string[], mountpoint: string): Promise<Mounted> {
  await mkdir(mountpoint, { recursive: true });
  const child: ChildProcess = spawn(program, [...args, mountpoint], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const ready = await Promise.race([once(child.stdout!, 'data').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error(`${program} did not mount at ${mountpoint}`);
  return {
    unmount: async () => {
      child.stdin!.end();
      await ended;
    },
    lose: async () => {
      child.kill('SIGKILL');
      await ended;
      await run(['umount', '--lazy', mountpoint], { timeout: 5_000 });
    },
  };
}
