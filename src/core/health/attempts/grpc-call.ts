import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { type GrpcCheck, hostPort } from '../check.ts';
import { headOf, http2Failure, sessionOver } from '../http2.ts';
import { ProbeFailure } from '../observation.ts';
import { openThrough } from '../proxy.ts';
import { secure } from '../tls.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { healthRequest } from './grpc-wire.ts';

/** An HTTP/2 connection to a health service. */
export interface GrpcConnection extends Disposable {
  readonly session: ClientHttp2Session;
}

export async function connectGrpc(check: GrpcCheck, options: AttemptOptions, trace: Trace): Promise<GrpcConnection> {
  const { signal } = options;
  const to = { secure: check.tls, host: check.host, port: check.port };
  const stream = await openThrough(to, { ...options, route: check }, trace);
  try {
    const secured = check.tls ? await secure(stream, check.host, { ...check, signal, alpn: ['h2'] }, trace) : undefined;
    const session = sessionOver(secured ?? stream);
    const close = () => {
      session.destroy();
      stream.destroy();
    };
    return { session, [Symbol.dispose]: close };
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** A call whose answer has begun. */
export interface GrpcCall {
  readonly stream: ClientHttp2Stream;
  /** Why it ended, once it has; the connection's end is not told here. */
  ended(): ProbeFailure;
}

/** Calls Check or Watch; resolves with the head of the answer, when that is gRPC and no refusal. */
export async function call(
  method: 'Check' | 'Watch',
  check: GrpcCheck,
  { session }: GrpcConnection,
  signal: AbortSignal,
  trace: Trace,
): Promise<GrpcCall> {
  trace.enter('firstByte');
  const stream = session.request({
    ':method': 'POST',
    ':scheme': check.tls ? 'https' : 'http',
    ':authority': check.socket === undefined ? (check.serverName ?? hostPort(check.host, check.port)) : 'localhost',
    ':path': `/grpc.health.v1.Health/${method}`,
    'content-type': 'application/grpc',
    'user-agent': 'slipway',
    te: 'trailers',
    ...check.metadata,
  });
  let trailers: Headers = {};
  stream.on('trailers', headers => {
    trailers = headers as Headers;
  });
  stream.end(healthRequest(check.service));
  const head = await headOf(stream, session, signal);
  trace.leave('firstByte');
  trace.status = Number(head[':status']);
  if (trace.status !== 200) throw new ProbeFailure('protocol', `not gRPC: HTTP status ${trace.status}`);
  const type = String(head['content-type'] ?? 'none');
  if (!type.startsWith('application/grpc')) throw new ProbeFailure('protocol', `not gRPC: content-type ${type}`);
  const refused = refusal(head, check); // an answer of trailers only
  if (refused !== undefined) throw refused;
  return { stream, ended: () => refusal(trailers, check) ?? http2Failure(undefined, stream.rstCode) };
}

export const named = ({ service }: GrpcCheck) => (service === '' ? 'the server' : `the service ${service}`);

/** Codes that say of the request that it is wrong or not allowed. https://grpc.io/docs/guides/status-codes/ */
const finalCodes = [3, 7, 12, 16];

/** What a status other than OK means; headers without one say nothing. */
function refusal(headers: Headers, check: GrpcCheck): ProbeFailure | undefined {
  const code = headers['grpc-status'];
  if (code === undefined || Number(code) === 0) return undefined;
  const message = decodeURIComponent(String(headers['grpc-message'] ?? '').replace(/%(?![0-9a-f]{2})/gi, '%25'));
  const why =
    Number(code) === 5
      ? `${named(check)} is not known there`
      : Number(code) === 12
        ? 'the server has no health service (grpc.health.v1)'
        : `gRPC status ${code}`;
  const detail = message === '' || Number(code) === 12 ? why : `${why}: ${message.slice(0, 200)}`;
  return new ProbeFailure('not-serving', detail, { retriable: !finalCodes.includes(Number(code)) });
}
