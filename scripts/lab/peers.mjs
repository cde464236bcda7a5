// Programs of others that tests run and benchmarks compare with. peers.json pins their versions.
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable } from './apt.mjs';
import { readJson, writeJson } from './cluster/files.mjs';
import { ARCH } from './cluster/layout.mjs';
import { withLock } from './lock.mjs';
import { Missing } from './missing.mjs';
import { cacheRoot, labDir } from './paths.mjs';
import { buildOwn, buildPeer } from './peers-build.mjs';
import { findReadyBuilt, unpackReadyBuilt } from './ready-built.mjs';

const { programs, readyBuilt } = JSON.parse(readFileSync(new URL('peers.json', import.meta.url), 'utf8'));

/** The names that peer() knows. */
export const peerNames = Object.keys(programs);

const keptDir = (...parts) => join(cacheRoot(), 'peers', ...parts);
const stampPath = () => keptDir('bin', '.versions.json');

/** The environment variable that names a peer's program: SLIPWAY_PEER_GGCR_REGISTRY. */
export const peerVariable = name => `SLIPWAY_PEER_${name.toUpperCase().replaceAll('-', '_')}`;

/**
 * The path of a peer's program: the one that its environment variable names, else from PATH, else from the cache, else
 * from the ready-built archive, else built from its Go module, which takes minutes. Throws Missing.
 */
export async function peer(name, { progress = () => {} } = {}) {
  if (!programs[name]) throw new Error(`"${name}" is not a peer; peers are ${peerNames.join(', ')}`);
  const found = (await installed(name)) ?? kept(name);
  if (found) return found;
  return withLock(labDir('locks', 'peers'), 1_800_000, async () => {
    if (kept(name)) return kept(name);
    discardParts();
    const part = keptDir(`part-${process.pid}`);
    mkdirSync(part, { recursive: true });
    try {
      const reason = await fromArchive(part, progress);
      if (kept(name)) return kept(name);
      await fromModule(name, part, reason, progress);
      return kept(name);
    } finally {
      rmSync(part, { recursive: true, force: true });
    }
  });
}

const inTests = peerNames.filter(name => !programs[name].campaigns);

/**
 * The paths of all peers that `npm test` needs, by name; those of campaigns alone are had when one asks. Throws Missing for the
 * first that cannot be had.
 */
export async function ensurePeers({ names = inTests, progress } = {}) {
  const paths = {};
  for (const name of names) paths[name] = await peer(name, { progress });
  return paths;
}

async function installed(name) {
  const path = process.env[peerVariable(name)];
  if (!path) return findExecutable(name);
  if (isExecutable(path)) return path;
  throw new Error(`${peerVariable(name)} is "${path}", which is not an executable file; correct it or leave it out`);
}

function kept(name) {
  const path = keptDir('bin', name);
  return readJson(stampPath())?.[name] === programs[name].version && isExecutable(path) ? path : undefined;
}

/** Takes everything that the archive has. Resolves with the reason where there is no archive. */
async function fromArchive(part, progress) {
  const pinned = readyBuilt[ARCH];
  if (!pinned) return `no archive is pinned for ${ARCH}`;
  const path = findReadyBuilt(pinned.file);
  if (!path) return 'no ready-built archive (SLIPWAY_READY_BUILT)';
  progress('peers: checking and unpacking the ready-built programs');
  await unpackReadyBuilt(path, pinned.sha256, part);
  for (const name of peerNames.filter(one => isExecutable(join(part, one)))) keep(name, part);
  return `not in ${pinned.file}`;
}

async function fromModule(name, part, reason, progress) {
  const { package: path, folder, version } = programs[name];
  progress(`peers: building ${name} ${version} from its Go module (minutes)`);
  try {
    if (folder) await buildOwn(name, { folder, part });
    else await buildPeer(name, { path, version, part });
  } catch (error) {
    throw new Missing(
      `${name} ${version}`,
      `${reason}; ${error.message.split('\n')[0]} (${error.message.split('\n').at(-1).trim()})`,
      `set ${peerVariable(name)} to its path or put it on PATH; it is the Go program ${folder ? `scripts/lab/${folder}` : `${path}@v${version}`}`,
    );
  }
  keep(name, part);
}

/** Moves a program that is whole into the cache, and notes its version. */
function keep(name, part) {
  mkdirSync(keptDir('bin'), { recursive: true });
  renameSync(join(part, name), keptDir('bin', name));
  writeJson(stampPath(), { ...readJson(stampPath()), [name]: programs[name].version });
}

// Left by a run that was killed; nobody else is writing, since we hold the lock.
function discardParts() {
  mkdirSync(keptDir(), { recursive: true });
  for (const name of readdirSync(keptDir()).filter(one => one.startsWith('part-')))
    rmSync(keptDir(name), { recursive: true, force: true });
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
