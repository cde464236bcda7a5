import { type IncomingMessage, request } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { messageOf } from '../errors.ts';
import { type HttpCheck, hostOf, portOf, type Route, type TlsWish } from './check.ts';
import type { ConnectOptions } from './connect.ts';
import { openStream } from './connect.ts';
import { ProbeFailure } from './observation.ts';
import { secure } from './tls.ts';
import type { Trace } from './trace.ts';

/** What is sent; names of headers in lower case. */
export interface Request {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The body was longer than what was read. */
  readonly truncated: boolean;
}

/** How a request is sent: TLS, version of HTTP, way. */
export type Manner = ConnectOptions & { readonly check: TlsWish & Route & Pick<HttpCheck, 'http'> };

/** No more of a body is read than this: a health endpoint that sends more is cut off. */
export const bodyLimit = 1024 * 1024;
const headerLimit = 64 * 1024;

/** One request over a connection of its own, so that each attempt sees what a new client sees. */
export async function exchange(sent: Request, manner: Manner, trace: Trace): Promise<Answer> {
  const { check, signal } = manner;
  const isSecure = sent.url.protocol === 'https:';
  const to = { secure: isSecure, host: hostOf(sent.url), port: portOf(sent.url) };
  const { stream, proxied } = await open(to, manner, trace);
  try {
    const version = check.http ?? '1.1';
    const alpn = { '1.1': ['http/1.1'], '2': ['h2'], auto: ['h2', 'http/1.1'] }[version];
    const secured = isSecure ? await secure(stream, to.host, { ...check, signal, alpn }, trace) : undefined;
    const isHttp2 = secured === undefined ? version === '2' : secured.alpnProtocol === 'h2';
    if (version === '2' && !isHttp2)
      throw new ProbeFailure('protocol', 'the server does not offer HTTP/2', { retriable: false });
    if (isHttp2) return await (await import('./converse-http2.ts')).converse(secured ?? stream, sent, signal, trace);
    return await converse(secured ?? stream, sent, signal, trace, proxied);
  } finally {
    stream.destroy();
  }
}

/** `proxied`: the headers that a proxy wants of each request, where it is asked for the whole URL instead of for a tunnel. */
async function open(
  to: { readonly secure: boolean; readonly host: string; readonly port: number },
  manner: Manner,
  trace: Trace,
): Promise<{ stream: Duplex; proxied?: Record<string, string> }> {
  const { route } = manner;
  if (route?.proxy === undefined || route.socket !== undefined)
    return { stream: await openStream(to.host, to.port, manner, trace) };
  const { openProxy, openThrough, proxyAuthorization, proxyFor } = await import('./proxy.ts');
  const proxy = to.secure || manner.check.http === '2' ? undefined : proxyFor(route.proxy, to);
  if (proxy === undefined) return { stream: await openThrough(to, manner, trace) };
  return { stream: await openProxy(proxy, manner, trace), proxied: proxyAuthorization(proxy) };
}

function converse(
  stream: Duplex,
  sent: Request,
  signal: AbortSignal,
  trace: Trace,
  proxied?: Record<string, string>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    trace.enter('firstByte');
    const path = `${sent.url.pathname}${sent.url.search}`;
    const outgoing = request({
      createConnection: () => stream,
      method: sent.method,
      path: proxied === undefined ? path : `${sent.url.origin}${path}`,
      headers: { ...headersOf(sent), ...proxied },
      setHost: false,
      maxHeaderSize: headerLimit,
    });
    const stop = () => settle(() => reject(signal.reason));
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', stop);
      outgoing.destroy();
      stream.destroy();
      then();
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    outgoing.on('error', error => settle(() => reject(exchangeFailure(error, 'before it answered'))));
    // A protocol was switched, as it was asked for: what comes now is no body.
    outgoing.on('upgrade', (incoming: IncomingMessage) => {
      trace.leave('firstByte');
      trace.status = incoming.statusCode;
      const { headers } = incoming;
      settle(() => resolve({ status: incoming.statusCode!, headers, body: Buffer.alloc(0), truncated: false }));
    });
    outgoing.on('response', (incoming: IncomingMessage) => {
      trace.leave('firstByte');
      trace.status = incoming.statusCode;
      trace.enter('body');
      readBody(incoming, trace).then(
        read => settle(() => resolve({ status: incoming.statusCode!, headers: incoming.headers, ...read })),
        error => settle(() => reject(exchangeFailure(error, 'in the middle of its body'))),
      );
    });
    outgoing.end(sent.body);
  });
}

/** Reads a body up to the limit; its head goes into the trace as it comes. */
export function readBody(incoming: Readable, trace: Trace): Promise<{ body: Buffer; truncated: boolean }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (truncated: boolean) => {
      trace.leave('body');
      resolve({ body: Buffer.concat(chunks).subarray(0, bodyLimit), truncated });
    };
    incoming.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length - chunk.length < 1024) trace.bodyHead = headOfText(chunks);
      if (length > bodyLimit) finish(true);
    });
    incoming.on('end', () => finish(false));
    incoming.on('error', reject);
    incoming.on('aborted', () => reject(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
  });
}

/** The first KiB as text that no terminal obeys. */
export function headOfText(chunks: readonly Buffer[]): string {
  const text = Buffer.concat(chunks).subarray(0, 1024).toString('utf8');
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** The headers of a request that both versions have. */
export function commonHeaders({ url, headers, body }: Request): Record<string, string> {
  const user =
    url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    'user-agent': 'slipway',
    accept: '*/*',
    'accept-encoding': 'identity',
    ...(user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
}

function headersOf(sent: Request): Record<string, string> {
  return { host: sent.url.host, connection: 'close', ...commonHeaders(sent) };
}

export function exchangeFailure(error: unknown, when: string): unknown {
  if (error instanceof ProbeFailure) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return new ProbeFailure('reset', `the server closed the connection ${when}`, { cause: error });
  }
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new ProbeFailure('protocol', `the answer's headers are larger than ${headerLimit / 1024} KiB`, {
      cause: error,
    });
  }
  const why = code.startsWith('HPE_') ? `not HTTP/1.1: ${messageOf(error)}` : messageOf(error);
  return new ProbeFailure('protocol', `the answer cannot be read: ${why}`, { cause: error });
}
