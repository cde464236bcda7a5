import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What a client asked of the registry. */
export type Kind =
  | 'ping'
  | 'head-manifest'
  | 'get-manifest'
  | 'put-manifest'
  | 'put-tag'
  | 'head-tag'
  | 'head-blob'
  | 'get-blob'
  | 'post-upload'
  | 'patch-upload'
  | 'get-upload'
  | 'put-upload'
  | 'list-tags'
  | 'other';

export interface Asked {
  readonly kind: Kind;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** How often this kind was asked before. */
  readonly before: number;
  /** Bytes of the body that were forwarded; known when the request has been answered. */
  sent: number;
}

/** What the proxy does instead of asking the registry. */
export type Fault =
  | 'reset'
  /** Forwards so many bytes of the body, then breaks both connections. */
  | { readonly cut: number }
  | {
      readonly status: number;
      readonly headers?: Record<string, string>;
      readonly body?: string | Buffer;
      /** Breaks the connection after the body, which is shorter than its Content-Length says. */
      readonly broken?: boolean;
    };

export interface Rules {
  /** Undefined lets the request through. */
  readonly fault?: (asked: Asked) => Fault | undefined;
  /** Changes a Location of the registry. */
  readonly location?: (location: string) => string;
  /** Milliseconds that each request is on its way. */
  readonly delay?: number;
  /** Adds headers to the registry's answer. */
  readonly headers?: (asked: Asked) => Record<string, string>;
}

export interface RegistryProxy extends AsyncDisposable {
  readonly host: string;
  readonly url: string;
  readonly asked: readonly Asked[];
  /** How often requests were sent when none was on its way: those sent at once are one round trip. */
  readonly roundTrips: number;
}

/** A proxy in front of a real registry that writes down what it is asked, and fails as it is told. */
export async function startProxy(registry: string, rules: Rules = {}): Promise<RegistryProxy> {
  const asked: Asked[] = [];
  let underway = 0;
  let roundTrips = 0;
  const server = createServer((incoming, outgoing) => {
    const { method = '', url = '', headers } = incoming;
    const kind = kindOf(method, url);
    const before = asked.filter(one => one.kind === kind).length;
    const one: Asked = { kind, method, path: url, headers, before, sent: 0 };
    asked.push(one);
    if (underway++ === 0) roundTrips++;
    outgoing.once('close', () => underway--);
    if (rules.delay === undefined) handle(incoming, outgoing, one);
    else setTimeout(handle, rules.delay, incoming, outgoing, one);
  });
  function handle(incoming: IncomingMessage, outgoing: ServerResponse, one: Asked): void {
    if (incoming.socket.destroyed) return; // who went away meanwhile would leave the registry waiting for the rest
    const fault = rules.fault?.(one);
    if (fault === undefined) forward(registry, incoming, outgoing, one, rules);
    else if (fault === 'reset') incoming.socket.resetAndDestroy();
    else if ('cut' in fault) forward(registry, incoming, outgoing, one, rules, fault.cut);
    else void answer(incoming, outgoing, fault);
  }
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    asked,
    get roundTrips() {
      return roundTrips;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function kindOf(method: string, url: string): Kind {
  const path = url.split('?')[0]!;
  if (path === '/v2/') return 'ping';
  const verb = method.toLowerCase();
  if (/\/manifests\//.test(path)) {
    const tag = !/\/manifests\/sha256:/.test(path);
    return `${verb}-${tag && verb !== 'get' ? 'tag' : 'manifest'}` as Kind;
  }
  if (/\/blobs\/uploads\//.test(path)) return `${verb}-upload` as Kind;
  if (/\/blobs\//.test(path)) return `${verb}-blob` as Kind;
  if (path.endsWith('/tags/list')) return 'list-tags';
  return 'other';
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Extract<Fault, { status: number }>,
): Promise<void> {
  await buffer(incoming).catch(() => undefined);
  outgoing.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
  const body = incoming.method === 'HEAD' ? '' : (fault.body ?? '');
  if (fault.broken === true) outgoing.write(body, () => incoming.socket.destroySoon());
  else outgoing.end(body);
}

function forward(
  registry: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  one: Asked,
  rules: Rules,
  cut = Number.POSITIVE_INFINITY,
): void {
  const { method, url, headers } = incoming;
  const upstream = request(new URL(url ?? '/', registry), { method, headers }, response => {
    const { location } = response.headers;
    const changed =
      location !== undefined && rules.location !== undefined ? { location: rules.location(location) } : {};
    outgoing.writeHead(response.statusCode ?? 502, { ...response.headers, ...changed, ...rules.headers?.(one) });
    response.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.on('data', (chunk: Buffer) => {
    const piece = chunk.subarray(0, cut - one.sent);
    one.sent += piece.length;
    if (one.sent < cut) upstream.write(piece);
    else if (piece.length > 0) {
      // What was written must be on its way before the connection ends.
      upstream.write(piece, () => upstream.socket?.end());
      incoming.socket.resetAndDestroy();
    }
  });
  incoming.on('end', () => upstream.end());
  // A client that went away, before its request was whole or before it had the answer: what it began must not stay open for ever.
  outgoing.on('close', () => {
    if (!outgoing.writableFinished && one.sent < cut) upstream.destroy();
  });
}
