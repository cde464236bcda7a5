import { type IncomingMessage, request } from 'node:http';
import type { Duplex } from 'node:stream';
import { messageOf } from '../errors.ts';
import { hostOf, portOf } from './check.ts';
import { type ConnectOptions, openStream } from './connect.ts';
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

/** No more of a body is read than this: a health endpoint that sends more is cut off. */
export const bodyLimit = 1024 * 1024;
const headerLimit = 64 * 1024;

/** One request over a connection of its own, so that each attempt sees what a new client sees. */
export async function exchange(
  sent: Request,
  options: ConnectOptions & { readonly insecure: boolean },
  trace: Trace,
): Promise<Answer> {
  const stream = await openStream(hostOf(sent.url), portOf(sent.url), options, trace);
  try {
    const secured = sent.url.protocol === 'https:' ? await secure(stream, hostOf(sent.url), options, trace) : undefined;
    return await converse(secured ?? stream, sent, options.signal, trace);
  } finally {
    stream.destroy();
  }
}

function converse(stream: Duplex, sent: Request, signal: AbortSignal, trace: Trace): Promise<Answer> {
  return new Promise((resolve, reject) => {
    trace.enter('firstByte');
    const outgoing = request({
      createConnection: () => stream,
      method: sent.method,
      path: `${sent.url.pathname}${sent.url.search}`,
      headers: headersOf(sent),
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
    outgoing.on('response', incoming => {
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

function readBody(incoming: IncomingMessage, trace: Trace): Promise<{ body: Buffer; truncated: boolean }> {
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
      if (length - chunk.length < 1024) trace.bodyHead = head(chunks);
      if (length > bodyLimit) finish(true);
    });
    incoming.on('end', () => finish(false));
    incoming.on('error', reject);
    incoming.on('aborted', () => reject(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })));
  });
}

function head(chunks: readonly Buffer[]): string {
  const text = Buffer.concat(chunks).subarray(0, 1024).toString('utf8');
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

function headersOf({ url, headers, body }: Request): Record<string, string> {
  const user =
    url.username === '' ? undefined : `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    host: url.host,
    'user-agent': 'slipway',
    accept: '*/*',
    'accept-encoding': 'identity',
    connection: 'close',
    ...(user === undefined ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
    ...headers,
  };
}

function exchangeFailure(error: unknown, when: string): unknown {
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
