// SSH keys of the lab: one user key for all hosts, and the keys of each host.
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../lock.mjs';
import { labDir } from '../paths.mjs';
import { run } from '../run.mjs';

/** Makes the lab's user key if needed. Resolves with { privateKey: path (0600), publicKey: its line }. */
export async function ensureUserKey() {
  const privateKey = labDir('ssh', 'id_ed25519');
  await withLock(labDir('locks', 'ssh-key'), 30_000, async () => {
    if (existsSync(privateKey)) return;
    mkdirSync(labDir('ssh'), { recursive: true, mode: 0o700 });
    const part = `${privateKey}.part`;
    for (const file of [part, `${part}.pub`]) rmSync(file, { force: true });
    await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'slipway-lab', '-f', part]);
    // The private key last: where it is, the public key is too.
    renameSync(`${part}.pub`, `${privateKey}.pub`);
    renameSync(part, privateKey);
  });
  return { privateKey, publicKey: readFileSync(`${privateKey}.pub`, 'utf8').trim() };
}

/**
 * Makes the host's keys, of every type that OpenSSH makes by default, if needed; kept for the next boot and for fresh
 * hosts of the same name. Resolves with the folder that holds ssh_host_*_key and ssh_host_*_key.pub.
 */
export async function ensureHostKeys(name) {
  const folder = labDir('ssh', name);
  if (!existsSync(folder)) {
    const part = `${folder}.part`;
    rmSync(part, { recursive: true, force: true });
    mkdirSync(join(part, 'etc/ssh'), { recursive: true, mode: 0o700 });
    await run(['ssh-keygen', '-A', '-f', part]);
    renameSync(part, folder);
  }
  return join(folder, 'etc/ssh');
}

/** Writes a known_hosts file for the address, from the key files themselves, not from what a network scan would see. */
export function writeKnownHosts(path, address, keysFolder) {
  const lines = readdirSync(keysFolder)
    .filter(file => file.endsWith('.pub'))
    .sort()
    .map(file => {
      const [type, key] = readFileSync(join(keysFolder, file), 'utf8').split(' ');
      return `${address} ${type} ${key}\n`;
    });
  writeFileSync(`${path}.part`, lines.join(''));
  renameSync(`${path}.part`, path);
}

/** Puts the user key and the host keys into a host's tree. */
export function installKeys(root, { publicKey, keysFolder, user }) {
  for (const file of readdirSync(keysFolder))
    place(join(root, 'etc/ssh', file), readFileSync(join(keysFolder, file)), file.endsWith('.pub') ? 0o644 : 0o600);
  for (const [home, owner] of [
    ['root', 0],
    [`home/${user}`, lstatSync(join(root, 'home', user)).uid],
  ]) {
    const folder = join(root, home, '.ssh');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    place(join(folder, 'authorized_keys'), `${publicKey}\n`, 0o600);
    for (const path of [folder, join(folder, 'authorized_keys')]) chownSync(path, owner, owner);
  }
}

function place(path, content, mode) {
  writeFileSync(path, content, { mode });
  // The mode above only counts for a new file.
  chmodSync(path, mode);
}
