// The Gateway API's custom resource definitions, from the Go module that publishes them; kept in the cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findExecutable } from '../apt.mjs';
import { Missing } from '../missing.mjs';
import { capture } from '../run.mjs';
import { keptDir, versions } from './layout.mjs';
import { unzip } from './zip.mjs';

const { version, sha256 } = versions.gatewayApi;
const PATH = `sigs.k8s.io/gateway-api/@v/v${version}.zip`;
const WANTED = /\/config\/crd\/standard\/(gateway\.networking\.k8s\.io_[a-z]+\.yaml)$/;
const GO_DEFAULT = 'https://proxy.golang.org';

/** The definitions of the standard channel: { name, yaml }, name as in "httproutes.gateway.networking.k8s.io". */
export async function gatewayDefinitions() {
  const folder = keptDir(`gateway-api-${version}`);
  if (!existsSync(folder)) await fetchInto(folder);
  return readdirSync(folder).map(file => {
    const [group, plural] = basename(file, '.yaml').split('_');
    return { name: `${plural}.${group}`, yaml: readFileSync(join(folder, file), 'utf8') };
  });
}

async function fetchInto(folder) {
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  try {
    const files = unzip(await moduleZip(), name => WANTED.test(name));
    for (const { name, data } of files) writeFileSync(join(part, name.match(WANTED)[1]), data);
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

async function moduleZip() {
  const reasons = [];
  for (const proxy of await proxies()) {
    try {
      const zip = await get(proxy);
      const seen = createHash('sha256').update(zip).digest('hex');
      if (seen === sha256) return zip;
      reasons.push(`${proxy.host} gave a file with the sha256 ${seen}, expected ${sha256}`);
    } catch (error) {
      reasons.push(`${proxy.host || proxy.pathname}: ${error.cause?.code ?? error.message}`);
    }
  }
  const why = reasons.join('; ') || 'GOPROXY names no proxy';
  throw new Missing(`Gateway API ${version}`, why, 'set GOPROXY to a Go module proxy that can be reached');
}

/** The proxies that Go would ask, in its order. */
async function proxies() {
  const go = await findExecutable('go');
  const set = go ? (await capture([go, 'env', 'GOPROXY'])).stdout.trim() : process.env.GOPROXY;
  return (set || GO_DEFAULT)
    .split(/[,|]/)
    .map(one => one.trim())
    .filter(one => /^(https?|file):/.test(one))
    .map(one => new URL(one.endsWith('/') ? one : `${one}/`));
}

async function get(proxy) {
  const url = new URL(PATH, proxy);
  if (url.protocol === 'file:') return readFileSync(fileURLToPath(url));
  // fetch() refuses a URL with credentials in it.
  const headers = {};
  if (url.username) {
    const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers.authorization = `Basic ${Buffer.from(user).toString('base64')}`;
    url.username = '';
    url.password = '';
  }
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}
