// Mounts of the lab, found again by their place: what a killed command left is seen as well as what we made.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { capture, run } from '../run.mjs';

/** The mount points at or under `path`, the deepest first. */
export function mountsUnder(path) {
  // In /proc/self/mounts a blank is \040, a tab \011, a newline \012 and a backslash \134.
  const decode = text => text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)));
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map(line => decode(line.split(' ')[1] ?? ''))
    .filter(point => point === path || point.startsWith(`${path}/`))
    .reverse();
}

/** Unmounts everything at and under `path`. */
export async function unmountAll(path) {
  for (const point of mountsUnder(path)) {
    const result = await capture(['umount', point], { timeout: 30_000 });
    // Lazily where something of the machine still looks into it, e.g. a shell that stands there.
    if (result.code !== 0) await run(['umount', '--lazy', point]);
  }
}

/** Unmounts and removes a folder; never follows a mount into what it does not own. */
export async function removeTree(path) {
  if (!existsSync(path)) return;
  await unmountAll(path);
  // Retries: what is being killed may still write for a moment.
  rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

/**
 * Puts a writable view of the tree `lower` at FOLDER/root; what is written lands in FOLDER/upper and stays there.
 * Idempotent. Where the file system cannot carry an overlay (inside containers), FOLDER/root is a copy.
 */
export async function mountOverlay(lower, folder) {
  const [upper, work, root] = ['upper', 'work', 'root'].map(name => join(folder, name));
  if (mountsUnder(root).includes(root) || existsSync(join(root, 'etc'))) return root;
  for (const path of [upper, work, root]) mkdirSync(path, { recursive: true, mode: 0o755 });
  const result = await capture([
    'mount',
    '-t',
    'overlay',
    'overlay',
    '-o',
    `lowerdir=${lower},upperdir=${upper},workdir=${work}`,
    root,
  ]);
  if (result.code === 0) return root;
  const part = join(folder, 'copy.part');
  rmSync(part, { recursive: true, force: true });
  await run(['cp', '-a', '--reflink=auto', lower, part], { timeout: 300_000 });
  rmSync(root, { recursive: true, force: true });
  await run(['mv', '-T', part, root]);
  return root;
}
