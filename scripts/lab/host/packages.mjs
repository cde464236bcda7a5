// Debian packages on a host that is up: fetched by this machine, which has the way to the archive, installed by the host.
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.mjs';
import { Missing } from '../missing.mjs';
import { cacheRoot, labDir } from '../paths.mjs';
import { capture, run } from '../run.mjs';

const ENV = {
  ...process.env,
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  DEBIAN_FRONTEND: 'noninteractive',
};

/**
 * Installs packages, with what they need and the host's tree does not have, into the tree `root` of a host; none of their
 * services is started or enabled. What was fetched once is kept. Throws Missing where the archive does not have them.
 *
 * `unpack`: their files only, without what their scripts would do, for a tree whose tar is not the one that dpkg needs.
 */
export async function installPackages(root, names, { unpack = false } = {}) {
  const store = join(cacheRoot(), 'debs', 'hosts');
  const files = await withLock(labDir('locks', 'host-debs'), 600_000, () => keptOf(root, names, store));
  if (unpack) {
    // a folder of the package may be a link in the tree, and stays one
    const extract = 'dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink --directory "$2"';
    for (const file of files)
      await run(['bash', '-o', 'pipefail', '-c', extract, 'bash', join(store, file), root], {
        timeout: 60_000,
        env: ENV,
      });
    return;
  }
  const into = join(root, 'var/cache/slipway-debs');
  const policy = join(root, 'usr/sbin/policy-rc.d');
  const preset = join(root, 'etc/systemd/system-preset/00-none.preset');
  mkdirSync(into, { recursive: true });
  mkdirSync(join(preset, '..'), { recursive: true });
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    writeFileSync(preset, 'disable *\n');
    for (const file of files) copyFileSync(join(store, file), join(into, file));
    const inside = files.map(file => `/var/cache/slipway-debs/${file}`);
    // the tree is thrown away: nothing of it has to be on the disk
    await run(['chroot', root, 'dpkg', '--force-unsafe-io', '--install', ...inside], { timeout: 300_000, env: ENV });
  } finally {
    for (const path of [policy, preset, into]) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * As `fetch`, which takes seconds of a core, asked once for a tree in which the same is installed: its answer is kept in the
 * store, as long as the files are there.
 */
async function keptOf(root, names, store) {
  const asked = createHash('sha256')
    .update(readFileSync(join(root, 'var/lib/dpkg/status')))
    .update(names.join(' '));
  const answer = join(store, `${asked.digest('hex').slice(0, 16)}.json`);
  if (existsSync(answer)) {
    const files = JSON.parse(readFileSync(answer, 'utf8'));
    if (files.every(file => existsSync(join(store, file)))) return files;
  }
  const files = await fetch(root, names, store);
  writeFileSync(`${answer}.part`, JSON.stringify(files));
  renameSync(`${answer}.part`, answer);
  return files;
}

/** The names of the package files that the tree does not have yet, all of them in the store. */
async function fetch(root, names, store) {
  for (const folder of ['partial', 'lists']) mkdirSync(join(store, folder), { recursive: true });
  // this machine's apt, with its proxy, for the suite, the keys and the packages of the tree
  const options = [
    `Dir::Etc::sourcelist=${root}/etc/apt/sources.list`,
    'Dir::Etc::sourceparts=-',
    `Dir::Etc::trustedparts=${root}/etc/apt/trusted.gpg.d`,
    'Dir::Etc::preferences=-',
    'Dir::Etc::preferencesparts=-',
    `Dir::State::lists=${store}/lists`,
    `Dir::State::status=${root}/var/lib/dpkg/status`,
    `Dir::Cache::archives=${store}`,
    'Dir::Cache::pkgcache=',
    'Dir::Cache::srcpkgcache=',
    'Acquire::Languages=none',
    'Acquire::Retries=3',
  ].flatMap(option => ['-o', option]);
  const apt = (...args) => capture(['apt-get', '-y', '-q', ...options, ...args], { timeout: 600_000, env: ENV });
  const install = (...options) => apt('install', '--no-install-recommends', ...options, ...names);
  let result = await install('--download-only');
  if (result.code !== 0) {
    await apt('update');
    result = await install('--download-only');
  }
  if (result.code !== 0)
    throw new Missing(
      `Debian packages ${names.join(', ')} on a host`,
      `apt-get failed: ${result.stderr.trim().split('\n').at(-1)}`,
      'apt-get update',
    );
  const { stdout } = await install('--simulate');
  // "Inst ufw (0.36.2-1 Debian:12.15/oldstable [all])"; in a file's name the colon of an epoch is %3a
  const wanted = [...stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) .*\[(\S+)\]\)/gm)].map(
    ([, name, version, arch]) => `${name.split(':')[0]}_${version.replaceAll(':', '%3a')}_${arch}.deb`,
  );
  const there = new Set(readdirSync(store));
  const lost = wanted.filter(file => !there.has(file));
  if (lost.length > 0) throw new Error(`apt-get did not leave ${lost.join(', ')} in ${store}`);
  return wanted;
}
