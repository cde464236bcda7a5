import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Answered, Asked, Fault } from './api-faults.ts';

/** A request that changed something, or would have. Renewals of the lease are none: they come when time passes. */
export interface Write {
  /** `PATCH configmaps/slipway-hello (promoting, 100 %)`. */
  readonly label: string;
  /** Weights of the first rule, of a write to an HTTPRoute. */
  readonly weights: readonly number[] | undefined;
}

/** Told before each write, and again when the API server has done it, before the one who wrote hears of it. `cut`: he never does. */
export type Watcher = (write: Write, index: number, when: 'before' | 'after') => 'pass' | 'cut';

/** Told each request; the fault that it gives happens in place of an answer. */
export type Meddler = (asked: Asked) => Fault | undefined;

/**
 * Stands between the action and the API server, in plain HTTP, with a kubeconfig of its own.
 *
 * @param user of that kubeconfig; the API server is asked as the one of the other kubeconfig
 */
export async function apiProxy(kubeconfig: string, proxyUser: object = {}) {
  const config = parse(await readFile(kubeconfig, 'utf8'));
  const { cluster } = config.clusters[0];
  const { user } = config.users[0];
  const decode = (text: string | undefined) => text && Buffer.from(text, 'base64');
  const agent = new Agent({
    keepAlive: true,
    ca: decode(cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data']),
    servername: cluster['tls-server-name'] ?? '',
  });
  const target = new URL(cluster.server);
  const writes: Write[] = [];
  let watcher: Watcher = () => 'pass';
  let meddler: Meddler = () => undefined;

  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', chunk => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const write = writeOf(incoming.method!, incoming.url!, body.toString());
      const index = write === undefined ? -1 : writes.push(write) - 1;
      const cut = () => outgoing.socket?.destroy();
      if (write !== undefined && watcher(write, index, 'before') === 'cut') return cut();
      const { host: _, authorization, ...headers } = incoming.headers;
      const { hostname, port } = target;
      const send = (heard: (answer: IncomingMessage) => void) => {
        const sent = request({ agent, hostname, port, method: incoming.method!, path: incoming.url!, headers }, heard);
        sent.on('error', cut);
        outgoing.on('close', () => sent.destroy());
        sent.end(body);
      };
      const forward = () =>
        new Promise<Answered>(resolve => {
          send(answer => {
            const parts: Buffer[] = [];
            answer.on('data', part => parts.push(part));
            answer.on('end', () => {
              const done = { status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(parts) };
              const wrote = write !== undefined && done.status < 400; // not one that lost a race, which is asked again
              if (wrote && watcher(write, index, 'after') === 'cut') return cut();
              resolve(done);
            });
          });
        });
      const { pathname: path, searchParams } = new URL(incoming.url!, 'http://x');
      const fault = meddler({ method: incoming.method!, path, watch: searchParams.has('watch'), authorization });
      if (fault !== undefined) return void fault.happen(outgoing, forward);
      if (write !== undefined) {
        return void forward().then(({ status, headers: said, body: text }) => {
          outgoing.writeHead(status, said);
          outgoing.end(text);
        });
      }
      send(answer => {
        outgoing.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(outgoing);
        answer.on('error', cut);
      });
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'slipway-proxy-'));
  const path = join(folder, 'kubeconfig');
  const { port } = server.address() as AddressInfo;
  await writeFile(
    path,
    JSON.stringify({
      'current-context': 'proxy',
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'nobody' } }],
      clusters: [{ name: 'proxy', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'nobody', user: proxyUser }],
    }),
  );
  return {
    kubeconfig: path,
    writes,
    /** Forgets the writes so far, and tells this one from now on. */
    watch(next: Watcher = () => 'pass') {
      writes.length = 0;
      watcher = next;
    },
    /** From now on; without a meddler all goes well. */
    meddle(next: Meddler = () => undefined) {
      meddler = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
      await rm(folder, { recursive: true });
    },
  };
}

function writeOf(method: string, url: string, body: string): Write | undefined {
  const { pathname, searchParams } = new URL(url, 'http://x');
  const asks = /accessreviews$|\/proxy(\/|$)/.test(pathname) || searchParams.has('dryRun');
  if (method === 'GET' || asks) return undefined;
  const [, resource, name] = /\/([a-z]+)(?:\/([^/]+))?$/.exec(pathname)!;
  const sent = body === '' ? {} : JSON.parse(body);
  const { acquireTime, renewTime, holderIdentity } = (resource === 'leases' && sent.spec) || {};
  if (method === 'PUT' && holderIdentity && acquireTime !== renewTime) return undefined;
  const state = sent.data?.state && JSON.parse(sent.data.state);
  const detail = state ? ` (${state.phase}, ${state.weight} %)` : '';
  const place = name === undefined ? sent.metadata?.name : name;
  const backends =
    Array.isArray(sent) && resource === 'httproutes' ? sent.find(one => one.op === 'replace')?.value : undefined;
  return {
    label: `${method} ${resource}/${place}${detail}`,
    weights: backends?.map(({ weight = 1 }: { weight?: number }) => weight),
  };
}
