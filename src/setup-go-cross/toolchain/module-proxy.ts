import { join } from 'node:path';
import { SlipwayError, wrap } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Database } from '../checksum-database/database.ts';
import { lookup } from '../checksum-database/lookup.ts';
import { treeMemory } from '../checksum-database/memory.ts';
import { dirHash } from './dirhash.ts';
import { download } from './download.ts';
import type { ProxyEntry } from './go-proxy.ts';
import type { Host } from './host.ts';
import { bare, type GetOptions, getText, unavailable } from './http.ts';
import type { Source } from './source.ts';
import { toolCacheRoot } from './tool-cache.ts';
import { unpackZip } from './unpack.ts';

const module = 'golang.org/toolchain';

/** GOPROXY, which has toolchains as modules `golang.org/toolchain@v0.0.1-goV.OS-ARCH`, proven by the checksum database. */
export function moduleProxy(
  entries: readonly ProxyEntry[],
  database: () => Database,
  host: Host,
  network: Omit<GetOptions, 'signal'> = {},
): Source {
  const suffix = `.${host.os}-${host.arch}`;
  return {
    name: `GOPROXY ${entries.map(({ url }) => bare(url)).join(', ')}`,
    async versions(signal) {
      const list = await throughProxies(entries, url => getText(`${url}/${module}/@v/list`, { ...network, signal }));
      return list
        .split('\n')
        .map(line => line.trim())
        .filter(line => line.startsWith('v0.0.1-go') && line.endsWith(suffix))
        .map(line => line.slice('v0.0.1-go'.length, -suffix.length));
    },
    async fetch(version, into, scratch, signal) {
      const moduleVersion = `v0.0.1-go${version}${suffix}`;
      const zip = join(scratch, 'toolchain.zip');
      const from = await throughProxies(entries, async url => {
        const address = `${url}/${module}/@v/${moduleVersion}.zip`;
        log.info(`downloading ${bare(address)}`);
        return (await download(address, zip, { ...network, signal })) && bare(address);
      });
      const proxies = entries.filter(({ origin }) => !origin).map(({ url }) => url);
      const memory = treeMemory(join(toolCacheRoot(), 'slipway-sumdb'));
      const proven = await lookup(module, moduleVersion, database(), proxies, { ...network, signal }, memory);
      const naming = { prefix: `${module}@${moduleVersion}/`, module: true };
      const place = (name: string) => name.replace(/(^|\/)_go\.mod$/, '$1go.mod');
      const files = await unpackZip(zip, into, { prefix: naming.prefix, place }, signal).catch(error => {
        if (!(error instanceof SlipwayError)) throw error;
        throw wrap(
          error.code,
          `unpacking ${from}`,
          error,
          'The proxy answers with something else. Nothing was installed.',
        );
      });
      const tree = dirHash(files, naming.prefix);
      if (tree !== proven) {
        throw new SlipwayError(
          'TOOLCHAIN_MISMATCH',
          `${from} is refused: its hash is ${tree}, the checksum database says ${proven}`,
          {
            hint: 'The proxy serves another toolchain than the one that Go published. Nothing was installed.',
          },
        );
      }
      return {
        toolchain: { version: `go${version}`, source: from, verifiedBy: 'checksum-database', hash: proven },
        tree,
        naming,
      };
    },
  };
}

/** Asks one proxy after the other, with the rules of the go command for when the next one is asked. */
async function throughProxies<T>(
  entries: readonly ProxyEntry[],
  ask: (url: string) => Promise<T | undefined>,
): Promise<T> {
  const failures: string[] = [];
  for (const { url, fallOn } of entries) {
    try {
      const answer = await ask(url);
      if (answer !== undefined) return answer;
      failures.push(`${bare(url)} does not have it`);
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code !== unavailable) throw error;
      failures.push(error.message);
      if (fallOn === 'missing') break;
    }
  }
  throw new SlipwayError(unavailable, failures.join('; ') || 'GOPROXY=off');
}
