// The project's npm packages, exactly as the lock file names them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** Runs `npm ci` unless node_modules was installed from this very lock file. */
export function ensureDependencies() {
  const stamp = join(root, 'node_modules', '.slipway-lock');
  const want = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === want) return;
  // npm ci empties the folder first, through a link too: another checkout's.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error('node_modules is a link, and not of this package-lock.json: remove the link, then run this again');
  console.log('installing the npm packages of package-lock.json');
  execFileSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 600_000,
    shell: process.platform === 'win32', // npm is npm.cmd there
  });
  writeFileSync(stamp, want);
}
