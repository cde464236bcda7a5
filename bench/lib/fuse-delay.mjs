// A folder seen through bench/fuse-delay: each operation takes longer, as on a network file system.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../scripts/root.mjs';

/**
 * Mounts it; undefined with the reason in `why` where this machine does not let us.
 * @returns {Promise<{ unmount?: () => Promise<void>, why?: string }>}
 */
export async function mountDelayed(go, folder, mountpoint, delay) {
  if (process.getuid?.() !== 0 || !existsSync('/dev/fuse')) return { why: 'needs root and /dev/fuse' };
  const program = join(folder, '..', 'fuse-delay');
  execFileSync(go, ['build', '-buildvcs=false', '-o', program, '.'], {
    cwd: join(root, 'bench/fuse-delay'),
    stdio: 'pipe',
    timeout: 300_000,
  });
  mkdirSync(mountpoint, { recursive: true });
  const child = spawn(program, [folder, mountpoint, delay], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise(resolve => child.once('close', resolve));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => (said += text));
  const ready = await Promise.race([
    new Promise(resolve => child.stdout.setEncoding('utf8').once('data', () => resolve(true))),
    ended.then(() => false),
  ]);
  if (!ready) return { why: said.trim() };
  const unmount = async () => {
    child.stdin.end();
    await ended;
  };
  return { unmount };
}
