import type { Duplex } from 'node:stream';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { connect } from '../core/ssh/connect.ts';
import type { Connection } from '../core/ssh/connection.ts';
import { formatHost, type HostSpec } from '../core/ssh/hosts.ts';
import { Agent, type Answer } from './agent.ts';
import { agentProgram } from './agent-program.ts';
import { type HostFacts, readFacts } from './facts.ts';
import type { Settings } from './settings.ts';

export interface AskOnce {
  readonly timeout?: number;
  readonly data?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** Requests that may be sent again on a new connection, whatever became of them on the old one. */
const repeatable = [
  'facts',
  'lock',
  'verify',
  'try',
  'user',
  'watch',
  'confirm',
  'revert',
  'manifest',
  'journal',
  'prune',
];
/** What a lost connection is called. */
export const lostCodes = ['CONNECTION_LOST', 'AGENT_ENDED', 'NO_EXIT_STATUS', 'CONNECT_FAILED'];

/** The way to one host: connects, starts the agent, and does both again when the connection was lost. */
export class HostSession implements AsyncDisposable {
  readonly host: HostSpec;
  readonly place: string;
  readonly #settings: Settings;
  readonly #signal: AbortSignal;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #was = false;
  #agent: Agent | undefined;

  constructor(host: HostSpec, settings: Settings, signal: AbortSignal) {
    this.host = host;
    this.place = formatHost(host);
    this.#settings = settings;
    this.#signal = signal;
  }

  /** `timeout` 30 s where none is given. Requests that are safe to repeat survive one lost connection. */
  async ask(verb: string, args: readonly string[] = [], options: AskOnce = {}): Promise<Answer> {
    const signal = options.signal ?? this.#signal;
    const once = async () => {
      const agent = await this.#open(signal, verb === 'facts');
      return agent.ask(verb, args, { timeout: 30_000, ...options, signal });
    };
    try {
      return await once();
    } catch (error) {
      // what a deadline or an abort leaves unread would be taken for the next answer
      if (!(error instanceof SlipwayError) || error.code === 'DEADLINE' || signal.aborted) this.#drop();
      if (!(error instanceof SlipwayError) || !lostCodes.includes(error.code) || signal.aborted) throw error;
      this.#drop();
      if (!repeatable.includes(verb)) throw error;
      return once();
    }
  }

  async facts(): Promise<HostFacts> {
    return readFacts(await this.ask('facts', this.#about()));
  }

  /** A stream that the host opens, for the probes. */
  async stream(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return (await this.#connect()).openTcp(host, port, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agent?.close();
    await this.#connection?.close();
  }

  async #open(signal: AbortSignal, isFacts: boolean): Promise<Agent> {
    if (this.#agent === undefined || this.#connection?.lost !== undefined) {
      const connection = await this.#connect();
      this.#agent = await Agent.start(connection, await agentProgram(), this.#settings.become, signal);
      // facts also tell the agent which service it is about
      if (!isFacts) await this.#agent.ask('facts', this.#about(), { timeout: 30_000, signal });
    }
    return this.#agent;
  }

  /** What the facts are about: service, folder, user and port. */
  #about(): string[] {
    const { service, directory, runAs, listen } = this.#settings;
    return [service, directory, runAs === 'dynamic' ? '' : runAs, String(listen?.port ?? '')];
  }

  /** Probes and requests may both find the connection lost: they share the new one. */
  async #connect(): Promise<Connection> {
    if (this.#connection !== undefined && this.#connection.lost === undefined) return this.#connection;
    // not the caller's signal: another one may wait for the same connection; a cancelled run still has to take back
    const signal = this.#signal.aborted ? AbortSignal.timeout(30_000) : this.#signal;
    this.#connecting ??= connect(this.host, this.#settings.access, { signal }).finally(() => {
      this.#connecting = undefined;
    });
    if (this.#was) log.info(`${this.place}: the connection was lost; connecting again`);
    this.#connection = await this.#connecting;
    this.#was = true;
    return this.#connection;
  }

  #drop(): void {
    const connection = this.#connection;
    this.#agent = undefined;
    this.#connection = undefined;
    connection?.close().catch(() => undefined);
  }
}
