// The peer wait-on, at the version that wait-on-action has.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../../scripts/lab/paths.mjs';

export const waitOnVersion = '9.5.1';

/** The path of its program; installed where it is not there yet. */
export function ensureWaitOn() {
  const folder = join(cacheRoot(), 'peers', `wait-on-${waitOnVersion}`);
  const main = join(folder, 'node_modules/wait-on/bin/wait-on');
  if (existsSync(main)) return main;
  mkdirSync(folder, { recursive: true });
  const argv = ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', `wait-on@${waitOnVersion}`];
  execFileSync('npm', argv, { cwd: folder, stdio: 'pipe', timeout: 300_000 });
  return main;
}
