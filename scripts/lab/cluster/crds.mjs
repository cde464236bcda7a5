// Custom resource definitions (Gateway API, Traefik, Istio), from the Go modules that publish them; kept in the cache.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findExecutable } from '../apt.mjs';
import { Missing } from '../missing.mjs';
import { capture } from '../run.mjs';
import { keptDir, versions } from './layout.mjs';
import { unzip } from './zip.mjs';

// Not in versions.json: what is missing is added to a running cluster, which therefore does not depend on them.
const added = JSON.parse(readFileSync(new URL('definitions.json', import.meta.url), 'utf8'));

/** Of each module: its version and sha256, which files hold definitions, and which definitions are wanted. */
const SOURCES = {
  'gateway-api': {
    ...versions.gatewayApi,
    module: 'sigs.k8s.io/gateway-api',
    files: /\/config\/crd\/standard\/gateway\.networking\.k8s\.io_[a-z]+\.yaml$/,
    names: /./,
  },
  traefik: {
    ...added.traefik,
    module: 'github.com/traefik/traefik/v3',
    files: /\/docs\/content\/reference\/dynamic-configuration\/kubernetes-crd-definition-v1\.yml$/,
    names: /./,
  },
  istio: {
    ...added.istio,
    module: 'istio.io/api',
    files: /\/kubernetes\/customresourcedefinitions\.gen\.yaml$/,
    names: /^(virtualservices|destinationrules)\.networking\.istio\.io$/,
  },
};
const GO_DEFAULT = 'https://proxy.golang.org';

/** All definitions that the lab has: { name, yaml }, name as in "httproutes.gateway.networking.k8s.io". */
export async function definitions() {
  const all = await Promise.all(Object.keys(SOURCES).map(definitionsOf));
  return all.flat();
}

async function definitionsOf(what) {
  const folder = keptDir('definitions', `${what}-${SOURCES[what].version}`);
  if (!existsSync(folder)) await fetchInto(folder, what);
  return readdirSync(folder).map(file => ({
    name: basename(file, '.yaml'),
    yaml: readFileSync(join(folder, file), 'utf8'),
  }));
}

async function fetchInto(folder, what) {
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  try {
    const { files, names } = SOURCES[what];
    for (const { data } of unzip(await moduleZip(what), name => files.test(name)))
      for (const yaml of data.toString('utf8').split(/^---$/m)) {
        const name = /^metadata:\n(?: .*\n)*? {2}name: (\S+)$/m.exec(yaml)?.[1];
        if (name !== undefined && names.test(name)) writeFileSync(join(part, `${name}.yaml`), yaml);
      }
    renameSync(part, folder);
  } finally {
    rmSync(part, { recursive: true, force: true });
  }
}

async function moduleZip(what) {
  const { module, version, sha256 } = SOURCES[what];
  const reasons = [];
  for (const proxy of await proxies()) {
    try {
      const zip = await get(new URL(`${module}/@v/v${version}.zip`, proxy));
      const seen = createHash('sha256').update(zip).digest('hex');
      if (seen === sha256) return zip;
      reasons.push(`${proxy.host} gave a file with the sha256 ${seen}, expected ${sha256}`);
    } catch (error) {
      reasons.push(`${proxy.host || proxy.pathname}: ${error.cause?.code ?? error.message}`);
    }
  }
  const why = reasons.join('; ') || 'GOPROXY names no proxy';
  throw new Missing(`${module} ${version}`, why, 'set GOPROXY to a Go module proxy that can be reached');
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

async function get(url) {
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
