// Debian packages that the lab needs.
import { constants, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { withLock } from './lock.mjs';
import { Missing } from './missing.mjs';
import { labDir } from './paths.mjs';
import { capture } from './run.mjs';

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# slipway: no service may start while its package is being installed';

const NONINTERACTIVE = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' };

/**
 * Makes sure that these Debian packages are installed; does nothing when they are.
 * Throws Missing, with what to do, where that is impossible.
 */
export async function ensurePackages(names) {
  if ((await notInstalled(names)).length === 0 && !policyIsOurs()) return;
  await withLock(labDir('locks', 'apt'), 600_000, async () => {
    const wanted = await notInstalled(names);
    try {
      if (wanted.length > 0) await install(wanted);
    } finally {
      // Also one that a killed run left: it would keep every later package of the machine from starting.
      if (policyIsOurs() && process.getuid() === 0) rmSync(POLICY);
    }
  });
}

async function install(wanted) {
  const what = `Debian packages ${wanted.join(', ')}`;
  const get = `apt-get install ${wanted.join(' ')}`;
  if (!existsSync('/etc/debian_version') || !(await findExecutable('apt-get'))) {
    throw new Missing(
      what,
      'this is not a Debian-like machine (no apt-get)',
      'install the same programs with the package manager of this machine, or use Debian 12',
    );
  }
  if (process.getuid() !== 0) throw new Missing(what, 'not root', `sudo ${get}`);
  if (!existsSync(POLICY)) writeFileSync(POLICY, `#!/bin/sh\n${POLICY_MARK}\nexit 101\n`, { mode: 0o755 });
  // The package lists may be there and good: then the update, the slow part, is not needed.
  let result = await aptGet('install', '--no-install-recommends', ...wanted);
  if (result.code !== 0) {
    // What an earlier, killed run may have left half configured; does nothing otherwise.
    await capture(['dpkg', '--configure', '-a', '--force-confold'], { timeout: 600_000, env: NONINTERACTIVE });
    await aptGet('update');
    result = await aptGet('install', '--no-install-recommends', ...wanted);
  }
  if (result.code !== 0) throw new Missing(what, `apt-get install failed: ${lastError(result)}`, get);
}

/** The names that dpkg does not know as installed. */
async function notInstalled(names) {
  if (!(await findExecutable('dpkg-query'))) return names;
  const { stdout } = await capture(['dpkg-query', '-W', '-f', '${Package} ${db:Status-Status}\\n', ...names]);
  const installed = new Set(
    stdout
      .split('\n')
      .filter(line => line.endsWith(' installed'))
      .map(line => line.split(' ')[0]),
  );
  return names.filter(name => !installed.has(name));
}

const aptGet = (...args) =>
  capture(['apt-get', '-y', '-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=3', ...args], {
    timeout: 600_000,
    env: NONINTERACTIVE,
  });

// Packages start their services: docker-registry would take port 5000 of every address. policy-rc.d is Debian's own
// way to forbid that; a machine that has one already keeps it.
const policyIsOurs = () => existsSync(POLICY) && readFileSync(POLICY, 'utf8').includes(POLICY_MARK);

function lastError({ stdout, stderr }) {
  const errors = stderr.split('\n').filter(line => line.startsWith('E: '));
  return errors.join(' ') || stderr.trim().split('\n').at(-1) || stdout.trim().split('\n').at(-1) || 'no message';
}

/** The path of an executable on PATH or in the sbin folders, else undefined. */
export async function findExecutable(name) {
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter).filter(Boolean),
    '/usr/local/sbin',
    '/usr/sbin',
    '/sbin',
  ];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
