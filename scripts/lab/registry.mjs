// A real OCI registry for the lab: the CNCF distribution registry, from Debian or built from its Go module.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { labAddress } from './addresses.mjs';
import { ensurePackages, findExecutable } from './apt.mjs';
import { withLock } from './lock.mjs';
import { Missing } from './missing.mjs';
import { ensureBridge } from './network.mjs';
import { cacheRoot, labDir } from './paths.mjs';
import { daemonPid, startDaemon, stopDaemon, waitUntil } from './process.mjs';
import { run } from './run.mjs';

const NAME = 'registry';
const PORT = 5000;
const MODULE = 'github.com/distribution/distribution/v3/cmd/registry';
const VERSION = 'v3.1.2';

const locked = fn => withLock(labDir('locks', NAME), 600_000, fn);

// Without root there is no bridge: then the registry serves this machine only.
const address = () => (process.getuid() === 0 ? labAddress(1) : '127.0.0.1');

/** Where the registry is or will be: { host: "ADDRESS:5000", url: "http://ADDRESS:5000" }; plain HTTP. */
export const describe = () => ({ host: `${address()}:${PORT}`, url: `http://${address()}:${PORT}` });

/** Makes sure that the registry answers; resolves with describe() and { pid }. Throws Missing. */
export async function up({ progress = () => {} } = {}) {
  return locked(async () => {
    const info = describe();
    if (process.getuid() === 0) await ensureBridge();
    if (!daemonPid(NAME)) {
      await refuseStranger(info);
      const binary = await ensureBinary(progress);
      progress(`registry: starting at ${info.url}`);
      const config = labDir('registry', 'config.yml');
      writeConfig(config, info.host);
      await startDaemon(NAME, [binary, 'serve', config], { env: { OTEL_TRACES_EXPORTER: 'none' } });
    }
    await waitUntil(`waiting for the registry at ${info.url}/v2/`, 20_000, () => answers(info), { daemon: NAME });
    return { ...info, pid: daemonPid(NAME) };
  });
}

/** Ends the registry; `remove` also throws away what was pushed. Idempotent. */
export const down = ({ remove = false } = {}) =>
  locked(async () => {
    await stopDaemon(NAME);
    if (remove) rmSync(labDir('registry'), { recursive: true, force: true });
  });

/** { host, url, running, pid }. */
export async function status() {
  const info = describe();
  return { ...info, running: daemonPid(NAME) !== undefined && (await answers(info)), pid: daemonPid(NAME) };
}

function writeConfig(path, host) {
  mkdirSync(labDir('registry', 'storage'), { recursive: true });
  // JSON is YAML. The secret only signs upload sessions; without one each start would warn and make its own.
  const config = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: labDir('registry', 'storage') },
      delete: { enabled: true },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr: host, secret: 'slipway-lab', headers: { 'X-Content-Type-Options': ['nosniff'] } },
  };
  writeFileSync(`${path}.part`, JSON.stringify(config, null, 2));
  renameSync(`${path}.part`, path);
}

/** The registry's program: $SLIPWAY_REGISTRY, Debian's docker-registry, else built with Go. */
async function ensureBinary(progress) {
  if (process.env.SLIPWAY_REGISTRY) return process.env.SLIPWAY_REGISTRY;
  const built = join(cacheRoot(), 'registry', VERSION, 'registry');
  if (existsSync(built)) return built;
  const installed = await findExecutable('docker-registry');
  if (installed) return installed;
  try {
    await ensurePackages(['docker-registry']);
    return await findExecutable('docker-registry');
  } catch (error) {
    if (!(error instanceof Missing)) throw error;
    const go = await findExecutable('go');
    if (!go) throw new Missing('registry', error.why, `${error.get}, or install Go and try again`);
    progress(`registry: building ${MODULE}@${VERSION} (about two minutes; Debian's package: ${error.why})`);
    await build(go, built);
    return built;
  }
}

async function build(go, built) {
  const part = `${built}.part`;
  mkdirSync(part, { recursive: true });
  try {
    await run([go, 'install', `${MODULE}@${VERSION}`], {
      env: { ...process.env, GOBIN: part, CGO_ENABLED: '0', GOFLAGS: '-p=2' },
      timeout: 900_000,
    });
  } catch (cause) {
    throw new Missing(
      'registry',
      `it can neither be installed nor built: ${cause.message.split('\n')[0]}`,
      'apt-get install docker-registry',
    );
  }
  renameSync(join(part, 'registry'), built);
  rmSync(part, { recursive: true, force: true });
}

async function refuseStranger(info) {
  if (await answers(info))
    throw new Error(
      `starting the registry: something else answers at ${info.url} already; end it, or use its cache folder (SLIPWAY_CACHE)`,
    );
}

async function answers({ url }) {
  try {
    return (await fetch(`${url}/v2/`, { signal: AbortSignal.timeout(1_000) })).status === 200;
  } catch {
    return false;
  }
}
