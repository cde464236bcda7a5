import { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { deadline } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import type { Early } from './begin-early.ts';
import { Command } from './command.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import { limiter } from './limiter.ts';
import { watchSilence } from './silence.ts';

export interface ExecOptions {
  /** Sent as the command's standard input, then its end. */
  readonly input?: string | Uint8Array | Readable;
  /** Milliseconds until the command is given up. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One authenticated connection to one host. Commands are constant text: data goes through standard input. */
export class Connection implements AsyncDisposable {
  readonly host: HostSpec;
  readonly #client: Client;
  readonly #stream: Duplex;
  /** sshd's MaxSessions is 10. */
  readonly #sessions = limiter(8);
  #early: Early | undefined;
  #lost: SlipwayError | undefined;

  /**
   * @param stream that the client speaks over
   * @param silence milliseconds without a byte from the host after which the connection counts as lost
   * @param early a command that was begun already; who opens it first gets it
   */
  constructor(host: HostSpec, client: Client, stream: Duplex, silence: number, early?: Early) {
    this.host = host;
    this.#client = client;
    this.#stream = stream;
    this.#early = early;
    const lose = (cause?: unknown) => {
      this.#lost ??= new SlipwayError(
        'CONNECTION_LOST',
        `the connection to ${formatHost(host)} was lost${whyOf(cause)}`,
        { cause },
      );
    };
    client.on('error', lose);
    client.on('close', () => lose());
    watchSilence(stream, silence, () => {
      lose(new Error(`nothing came from it for ${silence / 1000} s`));
      stream.destroy();
    });
  }

  /** Calls once, when the connection is closed or lost. */
  onceLost(then: () => void): void {
    if (this.#lost === undefined) this.#client.once('close', then);
    else then();
  }

  /** Why the connection is unusable, if it is. */
  get lost(): SlipwayError | undefined {
    return this.#lost;
  }

  /**
   * Runs a command and waits for its end. Any exit code is a result; an end without one is an error.
   *
   * @throws NO_EXIT_STATUS, CONNECTION_LOST, DEADLINE
   */
  async exec(command: string, options: ExecOptions): Promise<ExecResult> {
    using signal = deadline(options.timeout, runningOn(this.host), options.signal);
    return await this.#sessions(async () => {
      const running = await this.open(command, signal);
      const [stdout, stderr] = [collect(running.channel), collect(running.channel.stderr)];
      send(running.channel, options.input);
      return { code: await running.exit(signal), stdout: stdout(), stderr: stderr() };
    }, signal);
  }

  /** Starts a command and hands it over, for a conversation. */
  open(command: string, signal?: AbortSignal): Promise<Command> {
    return this.#callback(
      signal,
      done => this.#begin(command, done),
      (started: Command) => Object.assign(started, { lost: () => this.#lost }),
      started => started.channel.close(),
    );
  }

  /** A TCP stream that the host itself opens, e.g. to its own 127.0.0.1. */
  openTcp(host: string, port: number, signal?: AbortSignal): Promise<Duplex> {
    return this.#openStream(signal, done => this.#client.forwardOut('127.0.0.1', 0, host, port, done));
  }

  /** A stream to a UNIX socket on the host. */
  openUnix(path: string, signal?: AbortSignal): Promise<Duplex> {
    return this.#openStream(signal, done => this.#client.openssh_forwardOutStreamLocal(path, done));
  }

  /** Ends the connection; resolves when that has been said, or through a jump host when it is closed. */
  async close(): Promise<void> {
    if (this.#lost !== undefined) return;
    const closed = new Promise<void>(resolve => {
      this.#client.once('close', () => resolve());
      if (!(this.#stream instanceof Socket)) return;
      this.#stream.once('finish', () => resolve());
      this.#stream.unref(); // nothing waits for the host's own end
    });
    this.#client.end();
    const hard = setTimeout(() => this.#client.destroy(), 2000);
    await closed;
    clearTimeout(hard);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(command: string, done: (error: Error | undefined, value: Command) => void): void {
    const early = this.#early;
    if (early?.command !== command) {
      const doing = runningOn(this.host);
      this.#client.exec(command, (error: Error | undefined, channel: ClientChannel) =>
        error === undefined ? done(undefined, new Command(channel, doing)) : done(error, undefined as never),
      );
      return;
    }
    this.#early = undefined;
    early.started.then(
      started => done(undefined, started),
      error => done(error, undefined as never),
    );
  }

  #openStream(signal: AbortSignal | undefined, start: Start<ClientChannel>): Promise<Duplex> {
    const keep = (channel: ClientChannel): Duplex => channel;
    return this.#callback(signal, start, keep, stream => stream.destroy());
  }

  #callback<A, B>(signal: AbortSignal | undefined, start: Start<A>, make: (value: A) => B, discard: (made: B) => void) {
    return new Promise<B>((resolve, reject) => {
      if (this.#lost !== undefined) return reject(this.#lost);
      if (signal?.aborted) return reject(signal.reason);
      const stop = () => reject(signal!.reason);
      signal?.addEventListener('abort', stop, { once: true });
      start((error, value) => {
        signal?.removeEventListener('abort', stop);
        if (error !== undefined) return reject(this.#lost ?? asOpenError(error));
        const made = make(value);
        if (signal?.aborted) discard(made);
        else resolve(made);
      });
    });
  }
}

export const runningOn = (host: HostSpec) => `running a command on ${formatHost(host)}`;

const whyOf = (cause: unknown) => (cause instanceof Error ? `: ${cause.message}` : '');

type Start<A> = (done: (error: Error | undefined, value: A) => void) => unknown;

/** A refused forwarding is a refused connection to whoever asked for it. */
function asOpenError(error: Error): Error {
  const reason = (error as Error & { reason?: number | string }).reason;
  const refused = /refused/i.test(error.message);
  return Object.assign(new Error(error.message, { cause: error }), refused ? { code: 'ECONNREFUSED' } : {}, { reason });
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function send(channel: ClientChannel, input: ExecOptions['input']): void {
  if (input === undefined || typeof input === 'string' || input instanceof Uint8Array) channel.end(input ?? '');
  else input.pipe(channel);
}
