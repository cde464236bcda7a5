import type { GrpcCheck } from '../check.ts';
import { http2Failure } from '../http2.ts';
import { ProbeFailure } from '../observation.ts';
import type { Trace } from '../trace.ts';
import { call, type GrpcCall, type GrpcConnection, named } from './grpc-call.ts';
import { servingStatus, splitMessages, statusNames } from './grpc-wire.ts';

/** The status that the service tells; of a watch, the first SERVING, or the last one when its time is up. */
export async function ask(
  method: 'Check' | 'Watch',
  check: GrpcCheck,
  connection: GrpcConnection,
  signal: AbortSignal,
  trace: Trace,
): Promise<number> {
  const answer = await call(method, check, connection, signal, trace);
  trace.enter('body');
  const status = await statusOf(answer, signal, method === 'Watch');
  trace.leave('body');
  return status;
}

/** @throws ProbeFailure for every status but SERVING */
export function servingText(check: GrpcCheck, status: number): string {
  if (status === 1) return `${named(check)} is SERVING`;
  throw new ProbeFailure('not-serving', `${named(check)} is ${statusNames[status] ?? status}`);
}

function statusOf(answer: GrpcCall, signal: AbortSignal, waits: boolean): Promise<number> {
  return new Promise((resolve, reject) => {
    let last: number | undefined;
    const settle = (then: () => void) => {
      signal.removeEventListener('abort', stop);
      then();
    };
    // a watch that ends with its time has an answer all the same: the last one
    const stop = () => settle(() => (last === undefined ? reject(signal.reason) : resolve(last)));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    eachStatus(
      answer,
      status => {
        last = status;
        if (status === 1 || !waits) settle(() => resolve(status));
      },
      failure => settle(() => reject(failure)),
    );
  });
}

/** Tells each status as it comes, and the end. */
export function eachStatus(
  { stream, ended }: GrpcCall,
  onStatus: (status: number) => void,
  onEnd: (failure: ProbeFailure) => void,
): void {
  let rest: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    try {
      const split = splitMessages(Buffer.concat([rest, chunk]));
      rest = split.rest;
      for (const message of split.messages) onStatus(servingStatus(message));
    } catch (error) {
      onEnd(http2Failure(error));
    }
  });
  stream.once('error', error => onEnd(http2Failure(error)));
  stream.once('close', () => onEnd(ended()));
}
