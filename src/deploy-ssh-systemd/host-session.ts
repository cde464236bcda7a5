import type { Duplex } from 'node:stream';
import { deadline } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import { Agent } from '../core/host-agent/agent.ts';
import type { Answer } from '../core/host-agent/answer.ts';
import { agentCommand, type Way } from '../core/host-agent/become.ts';
import { eachLine } from '../core/host-agent/lines.ts';
import { Refusal } from '../core/host-agent/refusal.ts';
import { log } from '../core/log.ts';
import { connect } from '../core/ssh/connect.ts';
import type { Connection } from '../core/ssh/connection.ts';
import { formatHost } from '../core/ssh/hosts.ts';
import { explain } from './agent-error.ts';
import { agentProgram, installedSha256 } from './agent-program.ts';
import { type HostFacts, readFacts } from './facts.ts';
import { settingsOf } from './host-settings.ts';
import type { Host } from './hosts.ts';
import { orItsShare } from './nfs/or-its-share.ts';
import type { Settings } from './settings.ts';

export interface AskOnce {
  /** Milliseconds; 30 s where none is given. */
  readonly timeout?: number;
  readonly data?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** One of several requests that are sent together. */
export interface Request extends Omit<AskOnce, 'signal'> {
  readonly verb: string;
  readonly args: readonly string[];
}

const usual = 30_000;

/** Requests that may be sent again on a new connection, whatever became of them on the old one. */
const repeatable = [
  'facts',
  'state',
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
  'upstream',
  'haproxy',
  'alive',
  'fetch',
  'whole',
  'firewall',
  'share_look',
  'checkup',
  'smoke_look',
];
const lostCodes = ['CONNECTION_LOST', 'AGENT_ENDED', 'NO_EXIT_STATUS', 'CONNECT_FAILED'];

/** Whether what was asked may have been done all the same. */
export function isLost(error: unknown): boolean {
  return error instanceof SlipwayError && lostCodes.includes(error.code);
}

export interface RunOptions {
  readonly input: string;
  /** Milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}

/** The way to one host: connects, starts the agent, and does both again when the connection was lost. */
export class HostSession implements AsyncDisposable {
  readonly host: Host;
  readonly place: string;
  /** Those of the run, with what is the host's own. */
  readonly settings: Settings;
  readonly #signal: AbortSignal;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  /** The first connection, begun before anybody asked for it. */
  #ahead: Promise<Connection> | undefined;
  readonly #ended = new AbortController();
  readonly #orItsShare = orItsShare(this);
  #was = false;
  #agent: Agent | undefined;

  constructor(host: Host, settings: Settings, signal: AbortSignal) {
    this.host = host;
    this.place = formatHost(host);
    this.settings = settingsOf(host, settings);
    this.#signal = AbortSignal.any([signal, this.#ended.signal]);
  }

  /** Begins to connect, while something else is made ready; how that went is told to whoever uses the connection first. */
  reachOut(): void {
    this.#ahead = this.#newConnection(this.#signal);
    this.#ahead.catch(() => undefined);
  }

  /** Requests that are safe to repeat survive one lost connection. */
  async ask(verb: string, args: readonly string[] = [], options: AskOnce = {}): Promise<Answer> {
    const { signal = this.#signal, ...more } = options;
    const [answer] = await this.askAll([{ verb, args, ...more }], signal);
    return answer!;
  }

  /** Sends requests together, which costs one round trip; each is carried out only when the one before it was. */
  async askAll(requests: readonly Request[], signal = this.#signal): Promise<Answer[]> {
    const once = async () => {
      const answers = [];
      for (const answer of await this.begin(requests, signal)) answers.push(await answer);
      return answers;
    };
    try {
      return await once();
    } catch (error) {
      // connecting has its own tries, and its deadline holds
      if (error instanceof SlipwayError && error.code === 'CONNECT_FAILED') throw error;
      if (!isLost(error) || signal.aborted || !requests.every(one => repeatable.includes(one.verb))) throw error;
      return once();
    }
  }

  /** The same, and the answers as they come; nothing is sent again over another connection. */
  async begin(requests: readonly Request[], signal = this.#signal): Promise<Promise<Answer>[]> {
    const agent = await this.#open(signal, requests[0]?.verb === 'facts').catch(error =>
      this.#failed(error, undefined, signal),
    );
    return requests.map(({ verb, args, timeout = usual, data }, index) => {
      const options = { timeout, signal, onlyAfterSuccess: index > 0, ...(data === undefined ? {} : { data }) };
      const answer = agent.ask(verb, args, options).catch(error => this.#failed(error, agent, signal));
      answer.catch(() => undefined); // whoever waits gets it
      return answer;
    });
  }

  /** @param programs sha256 of those that may run already: the running one is proven when it is among them */
  async facts(programs: readonly string[] = []): Promise<HostFacts> {
    return readFacts(await this.ask('facts', [...this.#about(), ...programs]));
  }

  /** How the agent became root; undefined before it was asked anything. */
  get way(): Way | undefined {
    return this.#agent?.way;
  }

  /** Another conversation over the same connection: as its user, without root. */
  async agentOfUser(signal: AbortSignal): Promise<Agent> {
    const connection = await this.#connect();
    const start = { program: await agentProgram(), become: 'none', password: undefined, explain } as const;
    return Agent.start(connection, start, signal);
  }

  /** A stream that the host opens, for the probes. */
  async stream(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    return (await this.#connect()).openTcp(host, port, signal);
  }

  /** A stream to a UNIX socket on the host, opened with the rights of the connection's user. */
  async unixSocket(path: string, signal: AbortSignal): Promise<Duplex> {
    return (await this.#connect()).openUnix(path, signal);
  }

  /** Runs a constant command as the connection's user, its output line by line; resolves with its exit code. */
  async run(command: string, options: RunOptions): Promise<number> {
    using limited = deadline(options.timeout, `a command on ${this.place}`, options.signal);
    const running = await (await this.#connect()).open(command, limited);
    for (const stream of [running.channel, running.channel.stderr]) eachLine(stream, options.onLine);
    running.channel.end(options.input);
    return running.exit(limited);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    const unused = await this.#ahead?.catch(() => undefined);
    await (this.#connection ?? unused)?.close(); // the agent ends with it, and with that its lock
  }

  /** What the facts are about: service, folder, user and port. */
  #about(): string[] {
    const { become, service, directory, runAs, listen } = this.settings;
    const ofUser = become === 'none' && this.host.user !== 'root' && directory === `/opt/slipway/${service}`;
    const folder = ofUser ? `~/.local/share/slipway/${service}` : directory;
    return [service, folder, runAs === 'dynamic' ? '' : runAs, String(listen?.port ?? '')];
  }

  async #open(signal: AbortSignal, isFacts: boolean): Promise<Agent> {
    if (this.#agent === undefined || this.#connection?.lost !== undefined) {
      const connection = await this.#connect();
      const { become, becomePassword: password } = this.settings;
      const program = await agentProgram(this.settings.layout);
      const start = { program, become, password, installed: installedSha256(program), explain };
      this.#agent = await Agent.start(connection, start, signal);
      // facts also tell the agent which service it is about
      if (!isFacts) await this.#agent.ask('facts', this.#about(), { timeout: usual, signal });
    }
    return this.#agent;
  }

  /** Probes and requests may both find the connection lost: they share the new one. */
  async #connect(): Promise<Connection> {
    if (this.#connection !== undefined && this.#connection.lost === undefined) return this.#connection;
    // not the caller's signal: another one may wait for the same connection; a cancelled run still has to take back
    const signal = this.#signal.aborted ? AbortSignal.timeout(30_000) : this.#signal;
    this.#connecting ??= (this.#ahead ?? this.#newConnection(signal)).finally(() => {
      this.#connecting = undefined;
    });
    this.#ahead = undefined;
    if (this.#was) log.info(`${this.place}: the connection was lost; connecting again`);
    this.#connection = await this.#connecting;
    this.#was = true;
    return this.#connection;
  }

  #newConnection(signal: AbortSignal): Promise<Connection> {
    const { access, connectTimeout: timeout, become, becomePassword } = this.settings;
    const command = agentCommand(become, becomePassword !== undefined);
    return connect(this.host, access, { signal, timeout, command });
  }

  /** What a deadline or an abort leaves unread would be taken for the next answer: the conversation begins anew. */
  async #failed(error: unknown, agent: Agent | undefined, signal: AbortSignal): Promise<never> {
    const goesOn = error instanceof Refusal && !signal.aborted;
    if (!goesOn && agent === this.#agent) this.#drop();
    throw signal.aborted ? error : await this.#orItsShare(error);
  }

  #drop(): void {
    const connection = this.#connection;
    this.#agent = undefined;
    this.#connection = undefined;
    connection?.close().catch(() => undefined);
  }
}
