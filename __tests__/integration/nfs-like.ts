import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';

/** How a share is exported, as flags of scripts/lab/nfs-like. */
export interface Export {
  /** For which a client remembers names and attributes: `4s`. */
  readonly stale?: string;
  readonly squash?: 'root' | 'all' | 'none' | 'krb5';
  readonly readOnly?: boolean;
  readonly delay?: string;
}

/** Shows a folder at another place as a client of NFS would see it; resolves when it does, with what ends it. */
export async function mountShare(
  program: string,
  folder: string,
  mountpoint: string,
  { stale = '500ms', squash = 'root', readOnly = false, delay = '0' }: Export = {},
): Promise<() => Promise<void>> {
  await mkdir(mountpoint, { recursive: true });
  const flags = ['-stale', stale, '-squash', squash, '-delay', delay, ...(readOnly ? ['-read-only'] : [])];
  const child: ChildProcess = spawn(program, [...flags, folder, mountpoint], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const ready = await Promise.race([once(child.stdout!, 'data').then(() => true), ended.then(() => false)]);
  if (!ready) throw new Error(`nfs-like did not mount ${folder} at ${mountpoint}`);
  return async () => {
    child.stdin!.end();
    await ended;
  };
}
