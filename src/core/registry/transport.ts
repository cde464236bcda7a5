import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import { SlipwayError } from '../errors.ts';

/** What a request carries; opened anew for each try. */
export interface Body {
  /** Bytes; sent as Content-Length, since registries want no chunked encoding. */
  readonly size: number;
  readonly open: () => Promise<Readable>;
}

export interface Outgoing {
  readonly method: 'HEAD' | 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body | Buffer;
  readonly signal: AbortSignal;
}

/** An answer whose body has not been read; whoever gets it must read or `discard` it. */
export interface Incoming {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  readonly stream: IncomingMessage;
  /** The whole body; more than `limit` bytes are an error. */
  readonly bytes: (limit: number) => Promise<Buffer>;
  /** Reads a small rest so that the connection can be used again, and drops the connection otherwise. */
  readonly discard: () => Promise<void>;
}

/** Milliseconds without a byte in either direction after which a connection counts as dead. */
const idle = 120_000; // some registries copy a large upload in their storage before they answer

export interface TransportOptions {
  readonly idle?: number;
  /** Connections to one host at once. */
  readonly sockets?: number;
  /** Certificates in PEM that are trusted beside Node's own. */
  readonly authorities?: string | undefined;
}

/**
 * One HTTP exchange over kept connections: no redirects, no retries, no credentials of its own. fetch is not used since
 * it hides redirects' origins and the time a body takes. Proxies of the environment are honoured.
 */
export class Transport {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;
  readonly #idle: number;

  constructor(options: TransportOptions = {}) {
    const { sockets = 8, authorities } = options;
    const kept = { keepAlive: true, keepAliveMsecs: 10_000, maxSockets: sockets, proxyEnv: process.env };
    this.#http = new HttpAgent(kept);
    // `ca` replaces the list that Node has, which includes NODE_EXTRA_CA_CERTS.
    const trust = authorities === undefined ? {} : { ca: [...getCACertificates('default'), authorities] };
    this.#https = new HttpsAgent({ ...kept, ...trust });
    this.#idle = options.idle ?? idle;
  }

  async send(out: Outgoing): Promise<Incoming> {
    out.signal.throwIfAborted();
    const source = out.body === undefined || Buffer.isBuffer(out.body) ? undefined : await out.body.open();
    const size = out.body === undefined ? undefined : Buffer.isBuffer(out.body) ? out.body.length : out.body.size;
    const secure = out.url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(out.url, {
        method: out.method,
        agent: secure ? this.#https : this.#http,
        headers: {
          'user-agent': 'slipway',
          ...out.headers,
          ...(size === undefined
            ? out.method === 'POST' || out.method === 'PUT'
              ? { 'content-length': '0' }
              : {}
            : { 'content-length': size }),
        },
        signal: out.signal,
      });
      const fail = (error: Error) => {
        source?.destroy();
        reject(out.signal.aborted ? (out.signal.reason as Error) : error);
      };
      request.setTimeout(this.#idle, () =>
        request.destroy(new SlipwayError('NETWORK_SILENT', `${out.url.host} was silent for ${this.#idle / 1000} s`)),
      );
      request.on('error', fail);
      request.on('response', stream => {
        source?.unpipe(request); // an early answer: the registry does not want the rest
        source?.destroy();
        if (!request.writableEnded) stream.once('end', () => request.destroy());
        resolve(incoming(out.url, stream));
      });
      if (source !== undefined) {
        source.once('error', error => {
          request.destroy();
          fail(error);
        });
        source.pipe(request);
      } else request.end(out.body);
    });
  }

  /** Ends the kept connections, so that the process can end. */
  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}

function incoming(url: URL, stream: IncomingMessage): Incoming {
  const bytes = async (limit: number) => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) {
        stream.destroy();
        throw new SlipwayError('ANSWER_TOO_LARGE', `${url.host} answered with more than ${limit} bytes`);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  const discard = async () => {
    try {
      await bytes(64 * 1024);
    } catch {
      stream.destroy();
    }
  };
  return { status: stream.statusCode ?? 0, headers: stream.headers, url, stream, bytes, discard };
}
