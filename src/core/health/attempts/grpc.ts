import type { ClientHttp2Stream } from 'node:http2';
import { type GrpcCheck, hostPort } from '../check.ts';
import { headOf, http2Failure, sessionOver } from '../http2.ts';
import { ProbeFailure } from '../observation.ts';
import { openThrough } from '../proxy.ts';
import { secure } from '../tls.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { healthRequest, servingStatus, splitMessages, statusNames } from './grpc-wire.ts';

/** Asks `grpc.health.v1.Health`; with `watch` it waits on the stream until the service says SERVING. */
export async function grpc(check: GrpcCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  const { signal } = options;
  const to = { secure: check.tls, host: check.host, port: check.port };
  const stream = await openThrough(to, { ...options, route: check }, trace);
  let session: ReturnType<typeof sessionOver> | undefined;
  try {
    const secured = check.tls ? await secure(stream, check.host, { ...check, signal, alpn: ['h2'] }, trace) : undefined;
    trace.enter('firstByte');
    session = sessionOver(secured ?? stream);
    const call = session.request({
      ':method': 'POST',
      ':scheme': check.tls ? 'https' : 'http',
      ':authority': check.socket === undefined ? (check.serverName ?? hostPort(check.host, check.port)) : 'localhost',
      ':path': `/grpc.health.v1.Health/${check.watch ? 'Watch' : 'Check'}`,
      'content-type': 'application/grpc',
      'user-agent': 'slipway',
      te: 'trailers',
      ...check.metadata,
    });
    const trailers = trailersOf(call);
    call.end(healthRequest(check.service));
    const head = await headOf(call, session, signal);
    trace.leave('firstByte');
    trace.status = Number(head[':status']);
    if (trace.status !== 200) throw new ProbeFailure('protocol', `not gRPC: HTTP status ${trace.status}`);
    const type = String(head['content-type'] ?? 'none');
    if (!type.startsWith('application/grpc')) throw new ProbeFailure('protocol', `not gRPC: content-type ${type}`);
    refused(head, check); // an answer of trailers only
    trace.enter('body');
    const status = await statusOf(call, check, signal, trailers);
    trace.leave('body');
    if (status !== 1) throw new ProbeFailure('not-serving', `${named(check)} is ${statusNames[status] ?? status}`);
    return `${named(check)} is SERVING`;
  } finally {
    session?.destroy();
    stream.destroy();
  }
}

const named = ({ service }: GrpcCheck) => (service === '' ? 'the server' : `the service ${service}`);

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function trailersOf(call: ClientHttp2Stream): () => Headers {
  let seen: Headers = {};
  call.on('trailers', headers => {
    seen = headers as Headers;
  });
  return () => seen;
}

/** Codes that say of the request that it is wrong or not allowed. https://grpc.io/docs/guides/status-codes/ */
const finalCodes = [3, 7, 12, 16];

/** Throws for a status other than OK; headers without one say nothing. */
function refused(headers: Headers, check: GrpcCheck): void {
  const code = headers['grpc-status'];
  if (code === undefined || Number(code) === 0) return;
  const message = decodeURIComponent(String(headers['grpc-message'] ?? '').replace(/%(?![0-9a-f]{2})/gi, '%25'));
  const why =
    Number(code) === 5
      ? `${named(check)} is not known there`
      : Number(code) === 12
        ? 'the server has no health service (grpc.health.v1)'
        : `gRPC status ${code}`;
  const detail = message === '' || Number(code) === 12 ? why : `${why}: ${message.slice(0, 200)}`;
  throw new ProbeFailure('not-serving', detail, { retriable: !finalCodes.includes(Number(code)) });
}

/** The status that the service tells; of a watch, the first SERVING. */
function statusOf(
  call: ClientHttp2Stream,
  check: GrpcCheck,
  signal: AbortSignal,
  trailers: () => Headers,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let rest: Buffer = Buffer.alloc(0);
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', stop);
      then();
    };
    let last: number | undefined;
    // A watch that ends with its time has an answer all the same: the last one.
    const stop = () => settle(() => (last === undefined ? reject(signal.reason) : resolve(last)));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    call.on('data', (chunk: Buffer) => {
      try {
        const split = splitMessages(Buffer.concat([rest, chunk]));
        rest = split.rest;
        for (const message of split.messages) last = servingStatus(message);
        if (last === 1 || (last !== undefined && !check.watch)) settle(() => resolve(last!));
      } catch (error) {
        settle(() => reject(error));
      }
    });
    call.once('error', error => settle(() => reject(http2Failure(error))));
    call.once('close', () =>
      settle(() => {
        try {
          refused(trailers(), check);
          reject(http2Failure(undefined, call.rstCode));
        } catch (error) {
          reject(error);
        }
      }),
    );
  });
}
