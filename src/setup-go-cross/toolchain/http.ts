import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { messageOf, SlipwayError } from '../../core/errors.ts';

/** A source that is not there: the next one is tried. Wrong bytes never get this code. */
export const unavailable = 'SOURCE_UNAVAILABLE';

/** Milliseconds. */
export interface Patience {
  /** Until the connection stands (TLS included). */
  readonly connect: number;
  /** Until the answer's header is there, and between two pieces of its body. */
  readonly idle: number;
}

export const patience: Patience = { connect: 10_000, idle: 30_000 };

/** The input `network-timeout` as patience: nobody needs longer than ten seconds to connect. */
export function patienceOf(timeout: number): Patience {
  return { connect: Math.min(patience.connect, timeout), idle: timeout };
}

export interface Answer {
  readonly status: number;
  /** Bytes that the server announced. */
  readonly length: number | undefined;
  readonly body: Readable;
}

export interface GetOptions {
  readonly signal: AbortSignal;
  readonly patience?: Patience;
  /** Sent as a bearer token to its own origins (`https://api.github.com`) and to nobody else. */
  readonly token?: { readonly value: string; readonly origins: readonly string[] };
}

/** Without user, password and a slash at the end, for logs and records. */
export function bare(url: string | URL): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href.replace(/\/$/, '');
}

/**
 * GET with deadlines for connecting and for silence. Redirects are followed; user and password of the URL go to their own
 * origin only. `file:` URLs are read from disk, as the go command does. HTTPS_PROXY and NO_PROXY are respected.
 *
 * @throws SlipwayError SOURCE_UNAVAILABLE when no answer comes; an HTTP status is an answer
 */
export async function get(address: string, options: GetOptions): Promise<Answer> {
  let url = new URL(address);
  const credentials = { origin: url.origin, text: decodeURIComponent(`${url.username}:${url.password}`) };
  url = new URL(bare(url));
  if (url.protocol === 'file:') return fromDisk(url);
  for (let redirects = 0; redirects <= 10; redirects++) {
    const headers: Record<string, string> = { 'user-agent': 'slipway' };
    if (credentials.text !== ':' && url.origin === credentials.origin)
      headers['authorization'] = `Basic ${Buffer.from(credentials.text).toString('base64')}`;
    else if (options.token?.origins.includes(url.origin)) headers['authorization'] = `Bearer ${options.token.value}`;
    const answer = await request(url, headers, options);
    const status = answer.statusCode ?? 0;
    const location = answer.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) {
      const length = answer.headers['content-length'];
      return { status, length: length === undefined ? undefined : Number(length), body: answer };
    }
    answer.resume();
    const next = new URL(location, url);
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw absent(url, `it redirects to plain ${next.href}`);
    url = next;
  }
  throw absent(url, 'it redirects without end');
}

/** A whole answer as text, when it is 200; `undefined` for 404 and 410; anything else is thrown. */
export async function getText(url: string, options: GetOptions, limit = 64e6): Promise<string | undefined> {
  const answer = await get(url, options);
  if (answer.status === 404 || answer.status === 410) {
    answer.body.destroy();
    return undefined;
  }
  if (answer.status !== 200) {
    answer.body.destroy();
    throw badStatus(url, answer.status);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  using _ = refuseDrip(answer.body, url, options, () => size);
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new SlipwayError('ANSWER_TOO_LONG', `${bare(url)} answers with more than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof SlipwayError) throw error;
    options.signal.throwIfAborted();
    throw absent(url, messageOf(error), error);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Ends a body that brings less than 1 kB a second: idle deadlines alone let a server hang for ever, byte by byte.
 *
 * @param received bytes so far
 */
export function refuseDrip(body: Readable, url: string, options: GetOptions, received: () => number): Disposable {
  const { idle } = options.patience ?? patience;
  let before = 0;
  const timer = setInterval(() => {
    const came = received() - before;
    if (came < idle) body.destroy(absent(url, `only ${came} bytes within ${idle / 1000} s`));
    before += came;
  }, idle);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

export function badStatus(url: string, status: number): SlipwayError {
  return absent(url, `it answers with HTTP status ${status}`);
}

export function absent(url: string | URL, why: string, cause?: unknown): SlipwayError {
  return new SlipwayError(unavailable, `${bare(url)}: ${why}`, { cause });
}

async function request(url: URL, headers: Record<string, string>, options: GetOptions): Promise<http.IncomingMessage> {
  const { connect, idle } = options.patience ?? patience;
  options.signal.throwIfAborted();
  // The toolkit's agent knows the runner's proxy variables; loaded here, as most runs ask nobody.
  const { HttpClient } = await import('@actions/http-client');
  return new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http;
    const agent = new HttpClient('slipway', [], { keepAlive: false }).getAgent(url.href);
    const sent = client.request(url, { headers, agent, signal: options.signal });
    const silent = (ms: number, what: string) =>
      setTimeout(() => sent.destroy(absent(url, `no ${what} within ${ms / 1000} s`)), ms);
    let timer = silent(connect, 'connection');
    const connected = () => {
      clearTimeout(timer);
      timer = silent(idle, 'answer');
    };
    sent.once('socket', socket => {
      if (!socket.connecting) connected();
      else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', connected);
    });
    sent.once('response', answer => {
      clearTimeout(timer);
      answer.setTimeout(idle, () => answer.destroy(absent(url, `no more bytes within ${idle / 1000} s`)));
      resolve(answer);
    });
    sent.once('error', error => {
      clearTimeout(timer);
      if (options.signal.aborted) reject(options.signal.reason);
      else reject(error instanceof SlipwayError ? error : absent(url, messageOf(error), error));
    });
    sent.end();
  });
}

async function fromDisk(url: URL): Promise<Answer> {
  const path = fileURLToPath(url);
  try {
    return { status: 200, length: (await stat(path)).size, body: createReadStream(path) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw absent(url, messageOf(error), error);
    return { status: 404, length: 0, body: Readable.from([]) };
  }
}
