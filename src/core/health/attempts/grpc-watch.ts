import type { GrpcCheck } from '../check.ts';
import { errorName } from '../http2.ts';
import { ProbeFailure } from '../observation.ts';
import { raced } from '../raced.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { call, connectGrpc, type GrpcConnection, named } from './grpc-call.ts';
import { ask, eachStatus, servingText } from './grpc-status.ts';
import { statusNames } from './grpc-wire.ts';

/**
 * One Watch stream, kept open from attempt to attempt. What it says between them is told at once, and no change is missed:
 * a service that was down for a moment fails the next attempt. Each attempt also calls Check over the same connection,
 * because a stream that says nothing may have nobody at its other end; for pings, servers end connections (gRFC A8).
 */
export class WatchStream implements Disposable {
  readonly #tell: () => void;
  #connection: GrpcConnection | undefined;
  /** What was said last; undefined before the first. */
  #status: number | undefined;
  /** Of what was said since the last attempt, the first that was not SERVING. */
  #fell: number | undefined;
  /** The server says goodbye, as those do that limit the age of connections, or stop: to be asked anew. */
  #leaving = false;
  /** Why it ended without that. */
  #broken: ProbeFailure | undefined;

  /** @param tell called at each change, and at the end */
  constructor(tell: () => void) {
    this.#tell = tell;
  }

  async attempt(check: GrpcCheck, options: AttemptOptions, trace: Trace): Promise<string> {
    const broken = this.#broken;
    this.#broken = undefined;
    if (broken !== undefined) throw broken;
    if (this.#leaving) this[Symbol.dispose]();
    try {
      if (this.#connection === undefined) await this.#begin(check, options, trace);
      else if (this.#status === 1 && this.#fell === undefined) await this.#checked(check, options, trace);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
    const [fell, status] = [this.#fell, this.#status!];
    this.#fell = undefined;
    if (fell === undefined || status !== 1) return servingText(check, status);
    const was = statusNames[fell] ?? fell;
    throw new ProbeFailure('not-serving', `${named(check)} is SERVING, but was ${was} since the last attempt`);
  }

  /** Whether there is somebody who answers. */
  async #checked(check: GrpcCheck, options: AttemptOptions, trace: Trace): Promise<void> {
    try {
      servingText(check, await ask('Check', check, this.#connection!, options.signal, trace));
    } catch (error) {
      if (!this.#leaving || options.signal.aborted) throw error;
      this[Symbol.dispose]();
      await this.#begin(check, options, trace);
    }
  }

  async #begin(check: GrpcCheck, options: AttemptOptions, trace: Trace): Promise<void> {
    const connection = await connectGrpc(check, options, trace);
    this.#connection = connection;
    const isOurs = () => this.#connection === connection;
    let goodbye: string | undefined;
    connection.session.once('goaway', (code, _, data) => {
      goodbye = `${errorName(code)}${data === undefined ? '' : ` (${Buffer.from(data).toString('latin1').slice(0, 100)})`}`;
      if (code !== 0 || !isOurs()) return;
      this.#leaving = true;
      this.#tell();
    });
    const watching = await call('Watch', check, connection, options.signal, trace);
    trace.enter('body');
    const first = new Promise<void>((resolve, reject) => {
      eachStatus(
        watching,
        status => {
          if (isOurs()) this.#say(status);
          resolve();
        },
        failure => {
          reject(failure);
          if (!isOurs() || this.#leaving || this.#status === undefined) return;
          const { reason, retriable } = failure;
          const why = goodbye === undefined ? failure.message : `the server says ${goodbye}`;
          this[Symbol.dispose]();
          this.#broken = new ProbeFailure(reason, `the watch ended: ${why}`, { retriable, cause: failure });
          this.#tell();
        },
      );
    });
    first.catch(() => undefined);
    await raced(first, options.signal);
    trace.leave('body');
  }

  #say(status: number): void {
    const changed = this.#status !== undefined && status !== this.#status;
    this.#status = status;
    if (status !== 1) this.#fell ??= status;
    if (changed) this.#tell();
  }

  [Symbol.dispose](): void {
    this.#connection?.[Symbol.dispose]();
    this.#connection = undefined;
    this.#status = undefined;
    this.#leaving = false;
  }
}
