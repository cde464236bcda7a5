import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Duplex } from 'node:stream';
import { messageOf } from '../errors.ts';
import { ProbeFailure } from './observation.ts';

/** A session over a stream that is open already; ended with the stream by who opened that. */
export function sessionOver(stream: Duplex): ClientHttp2Session {
  const session = connect('http://over.a.stream', {
    createConnection: () => stream,
    settings: { enablePush: false, maxHeaderListSize: 64 * 1024 },
    maxSessionMemory: 4,
  });
  session.on('error', () => undefined); // its streams say it
  return session;
}

/** Waits for the head of the answer. */
export function headOf(stream: ClientHttp2Stream, session: ClientHttp2Session, signal: AbortSignal) {
  return new Promise<Record<string, string | string[] | undefined>>((resolve, reject) => {
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', stop);
      session.off('error', failed).off('close', ended).off('goaway', ended);
      then();
    };
    const stop = () => settle(() => reject(signal.reason));
    const failed = (error: unknown) => settle(() => reject(http2Failure(error)));
    const ended = () =>
      settle(() => reject(new ProbeFailure('reset', 'the server closed the connection before it answered')));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    session.once('error', failed).once('close', ended).once('goaway', ended);
    stream.once('error', failed);
    stream.once('response', headers => settle(() => resolve(headers as Record<string, string | string[] | undefined>)));
    stream.once('close', () => settle(() => reject(http2Failure(undefined, stream.rstCode))));
  });
}

export function http2Failure(error: unknown, reset = 0): ProbeFailure {
  if (error instanceof ProbeFailure) return error;
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (code === 'ECONNRESET' || code === 'EPIPE' || (error === undefined && reset === 0)) {
    return new ProbeFailure('reset', 'the server closed the connection before it answered', { cause: error });
  }
  if (code === 'ERR_HTTP2_STREAM_ERROR') {
    return new ProbeFailure('reset', `the server reset the stream: ${messageOf(error)}`, { cause: error });
  }
  if (error === undefined) {
    return new ProbeFailure('reset', `the server reset the stream (${errorName(reset)})`);
  }
  return new ProbeFailure('protocol', `not HTTP/2: ${messageOf(error)}`, { cause: error });
}

/** Error codes by their numbers; other constants of the module share these. RFC 9113, 7. */
const errorNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

export function errorName(code: number): string {
  return errorNames[code] ?? String(code);
}
