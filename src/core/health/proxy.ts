import type { Duplex } from 'node:stream';
import { hostOf, hostPort, portOf, type Route } from './check.ts';
import { type ConnectOptions, openStream } from './connect.ts';
import { ProbeFailure } from './observation.ts';
import { secure } from './tls.ts';
import type { Trace } from './trace.ts';

/** The proxy that a check goes through, if any. With `env` as curl reads the environment. */
export function proxyFor(
  proxy: Route['proxy'],
  to: { readonly secure: boolean; readonly host: string; readonly port: number },
  env: NodeJS.ProcessEnv = process.env,
): URL | undefined {
  if (proxy !== 'env') return proxy;
  const named = (name: string) => env[name.toLowerCase()] || env[name];
  const url = (to.secure ? named('HTTPS_PROXY') : env['http_proxy']) || named('ALL_PROXY');
  if (!url || isExcepted(named('NO_PROXY') ?? '', to)) return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new ProbeFailure('proxy', 'the proxy that the environment names is no http:// or https:// URL', {
      retriable: false,
    });
  }
  return parsed;
}

/** `*`, `example.com` (and what is below it), `.example.com`, `host:port`, addresses. */
function isExcepted(list: string, { host, port }: { host: string; port: number }): boolean {
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some(entry => {
      if (entry === '*') return true;
      const [, name = entry, only] = /^(.*?)(?::(\d+))?$/.exec(entry.replace(/^\*?\./, '').toLowerCase()) ?? [];
      if (only !== undefined && !entry.includes('::') && Number(only) !== port) return false;
      const plain = entry.includes('::') ? entry.replace(/[[\]]/g, '') : name;
      return host.toLowerCase() === plain || host.toLowerCase().endsWith(`.${plain}`);
    });
}

/** A stream to the proxy itself: requests for http:// URLs go to it whole. */
export async function openProxy(proxy: URL, options: ConnectOptions, trace: Trace): Promise<Duplex> {
  if (options.forbidPrivate) {
    const detail = 'forbid-private is set, and through a proxy nobody sees which address is asked';
    throw new ProbeFailure('private', detail, { retriable: false });
  }
  const { route: _, only: __, ...direct } = options;
  const stream = await openStream(hostOf(proxy), portOf(proxy), direct, trace);
  if (proxy.protocol === 'http:') return stream;
  return secure(stream, hostOf(proxy), { insecure: false, signal: options.signal }, trace);
}

export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === '') return {};
  const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(user).toString('base64')}` };
}

/** A stream to a host, through the check's proxy (CONNECT) where it has one. */
export async function openThrough(
  to: { readonly secure: boolean; readonly host: string; readonly port: number },
  options: ConnectOptions,
  trace: Trace,
): Promise<Duplex> {
  const { route } = options;
  const proxy = route?.socket === undefined ? proxyFor(route?.proxy, to) : undefined;
  if (proxy === undefined) return openStream(to.host, to.port, options, trace);
  const stream = await openProxy(proxy, options, trace);
  trace.enter('connect');
  await tunnel(stream, proxy, hostPort(to.host, to.port), options.signal);
  trace.leave('connect');
  return stream;
}

const headLimit = 16 * 1024;

/** Asks the proxy for a tunnel; what comes behind its answer's head stays in the stream. RFC 9110, 9.3.6. */
function tunnel(stream: Duplex, proxy: URL, authority: string, signal: AbortSignal): Promise<void> {
  const lines = Object.entries(proxyAuthorization(proxy)).map(([name, value]) => `${name}: ${value}\r\n`);
  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', stop);
      stream.off('data', read).off('error', lost).off('close', lost);
      then();
    };
    const stop = () => refuse(signal.reason);
    const refuse = (reason: unknown) =>
      settle(() => {
        stream.on('error', () => undefined).destroy();
        reject(reason);
      });
    const wrong = (detail: string) => refuse(new ProbeFailure('proxy', `the proxy ${proxy.host} ${detail}`));
    const lost = () => wrong(`closed the connection instead of connecting to ${authority}`);
    const read = (chunk: Buffer) => {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return head.length > headLimit ? wrong('sends headers without end') : undefined;
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(head.toString('latin1'))?.[1];
      if (status === undefined || !status.startsWith('2')) {
        return wrong(`answers ${status ?? 'no HTTP'} when asked to connect to ${authority}`);
      }
      stream.pause();
      settle(() => {
        if (head.length > end + 4) stream.unshift(head.subarray(end + 4));
        resolve();
      });
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    stream.on('data', read).on('error', lost).on('close', lost);
    stream.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${lines.join('')}\r\n`);
  });
}
