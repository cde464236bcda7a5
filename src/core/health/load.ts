import { Agent, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { type HttpCheck, hostOf } from './check.ts';
import { addressesOf } from './connect.ts';
import { commonHeaders } from './http.ts';
import type { Load } from './load-form.ts';
import { latencies } from './percentiles.ts';
import { hasStatus } from './status-set.ts';

export interface LoadResult {
  readonly requests: number;
  /** Answers with another status than the check wants, and requests without one. */
  readonly errors: number;
  /** Requests that could not be sent in time, because too many were unanswered; they are errors. */
  readonly unsent: number;
  /** The most frequent error, for a person. */
  readonly error?: string;
  /** Milliseconds from when a request was due, not from when it was sent. */
  readonly latency: { readonly p50?: number; readonly p95?: number; readonly p99?: number };
  readonly samples: readonly number[];
}

/** More are not sent beside each other. */
const mostUnanswered = 2000;
/** Milliseconds that an answer may take. */
const patience = 10_000;

/**
 * Sends requests at their times, whether or not those before were answered (an open loop), over kept connections. Each
 * latency counts from the time at which the request was due: a server that stops for a second is seen by all who would
 * have come in that second, not by one (coordinated omission).
 */
export async function runLoad(
  check: HttpCheck,
  load: Load,
  signal: AbortSignal,
  forbidPrivate = false,
): Promise<LoadResult> {
  const total = Math.round((load.rate * load.duration) / 1000);
  const send = await sender(check, signal, forbidPrivate);
  const samples: number[] = [];
  const errors = new Map<string, number>();
  const failed = (why: string) => errors.set(why, (errors.get(why) ?? 0) + 1);
  const open = new Set<Promise<void>>();
  const began = performance.now();
  let unsent = 0;
  let next = 0;
  const fire = (due: number) => {
    if (open.size >= mostUnanswered) {
      unsent++;
      return failed('too many requests were unanswered');
    }
    const one = send
      .once()
      .then(problem => {
        samples.push(performance.now() - due);
        if (problem !== undefined) failed(problem);
      })
      .finally(() => open.delete(one));
    open.add(one);
  };
  try {
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearInterval(timer);
        reject(signal.reason);
      };
      const timer = setInterval(() => {
        // What is due is counted from the begin: timers come late.
        const due = Math.min(total, Math.floor(((performance.now() - began) * load.rate) / 1000) + 1);
        for (; next < due; next++) fire(began + (next * 1000) / load.rate);
        if (next < total) return;
        clearInterval(timer);
        signal.removeEventListener('abort', stop);
        resolve();
      }, 1);
      signal.addEventListener('abort', stop, { once: true });
    });
    await Promise.all(open);
    signal.throwIfAborted();
  } finally {
    send.close();
  }
  const worst = [...errors].sort((a, b) => b[1] - a[1])[0];
  return {
    requests: total,
    errors: [...errors.values()].reduce((sum, count) => sum + count, 0),
    unsent,
    ...(worst === undefined ? {} : { error: `${worst[0]} (${worst[1]} times)` }),
    latency: latencies(samples),
    samples,
  };
}

/** Sends one request at a time of many; `once` resolves with what was wrong, in few words. */
async function sender(check: HttpCheck, signal: AbortSignal, forbidPrivate: boolean) {
  const isSecure = check.url.protocol === 'https:';
  const options = {
    keepAlive: true,
    maxSockets: mostUnanswered,
    maxFreeSockets: mostUnanswered,
    scheduling: 'lifo' as const,
  };
  const agent = isSecure ? new SecureAgent(options) : new Agent(options);
  // Looked up once: the load is for the service, not for its name server.
  const host =
    check.socket === undefined
      ? (await addressesOf(hostOf(check.url), { route: check, signal, forbidPrivate }))[0]!.address
      : '';
  const to = check.socket === undefined ? { host, port: check.url.port } : { socketPath: check.socket };
  const message = {
    agent,
    ...to,
    method: check.method,
    path: `${check.url.pathname}${check.url.search}`,
    headers: { host: check.url.host, ...commonHeaders(check) },
    setHost: false,
    signal,
    ...(isSecure
      ? {
          servername: check.serverName ?? hostOf(check.url),
          rejectUnauthorized: !check.insecure,
          ca: check.ca,
          cert: check.certificate,
          key: check.key,
        }
      : {}),
  };
  const once = () =>
    new Promise<string | undefined>(resolve => {
      const outgoing = (isSecure ? secureRequest : request)(message as object, answer => {
        answer.resume();
        answer.once('close', () => {
          if (!answer.complete) return resolve('the connection broke');
          resolve(hasStatus(check.status, answer.statusCode!) ? undefined : `status ${answer.statusCode}`);
        });
      });
      outgoing.setTimeout(patience, () => outgoing.destroy(new Error('no answer')));
      outgoing.once('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message));
      outgoing.end(check.body);
    });
  return { once, close: () => agent.destroy() };
}
