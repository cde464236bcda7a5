import { gzipSync } from 'node:zlib';
import { deadline } from '../deadline.ts';
import { SlipwayError } from '../errors.ts';
import type { Command } from '../ssh/command.ts';
import type { Connection } from '../ssh/connection.ts';
import { formatHost } from '../ssh/hosts.ts';
import { Answer } from './answer.ts';
import { agentCommand, passwordPrompt, type Way } from './become.ts';
import { sudoRefused, untrustedAgent } from './become-error.ts';
import { Lines } from './lines.ts';
import { Refusal, refusal } from './refusal.ts';
import type { Start } from './start.ts';

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
  /** Raw bytes that the arguments announce, or that say themselves where they end. */
  readonly data?: Uint8Array | AsyncIterable<Uint8Array>;
  /** Answered by SKIPPED when the request before it, which it need not wait for, has failed. Not with an iterable. */
  readonly onlyAfterSuccess?: boolean;
}

const packedPrograms = new Map<string, Buffer>();

/** By gzip, once for all hosts: a connection that is new takes few bytes in its first round trips. */
function packed(program: string): Buffer {
  const bytes = packedPrograms.get(program) ?? gzipSync(program);
  packedPrograms.set(program, bytes);
  return bytes;
}

/** An argument as the agent takes it. What is plain is sent as it is: to decode the others costs the host two programs. */
function asWord(text: string): string {
  if (text === '') return '=';
  return /^[\w./:@,~+=-]+$/.test(text) ? `.${text}` : Buffer.from(text).toString('base64');
}

/**
 * The conversation with the agent over one channel. Requests are sent at once and answered in their order, each by facts
 * and an end: several can be on their way together, and cost one round trip.
 */
export class Agent {
  readonly #command: Command;
  readonly #lines: Lines;
  readonly #place: string;
  readonly #start: Start;
  #way: Way = 'none';
  #stderr = '';
  /** Resolves when the answer before has been read; rejects when there can be no answer any more. */
  #turn: Promise<unknown> = Promise.resolve();
  /** Resolves when the request before has been sent. */
  #sent: Promise<unknown> = Promise.resolve();

  private constructor(command: Command, place: string, start: Start) {
    this.#command = command;
    this.#place = place;
    this.#start = start;
    this.#lines = new Lines(command.channel);
    command.channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-4000);
    });
  }

  /** Starts the agent; what a login shell prints before it (banners, .bashrc) is passed over. */
  static async start(connection: Connection, start: Start, signal: AbortSignal): Promise<Agent> {
    const place = formatHost(connection.host);
    const asks = start.password !== undefined;
    using limited = deadline(20_000, `starting the agent on ${place}`, signal);
    const command = await connection.open(agentCommand(start.become, asks), limited);
    const agent = new Agent(command, place, start);
    if (start.password !== undefined) agent.#answerSudo(start.password);
    else agent.#sendProgram();
    const greeted = agent.#inTurn(() => agent.#greeting(signal));
    if (asks) await greeted; // else the first request need not wait for it
    return agent;
  }

  /** @throws the agent's refusals under their own codes, AGENT_ENDED, DEADLINE */
  ask(verb: string, args: readonly string[], options: AskOptions): Promise<Answer> {
    const { data, onlyAfterSuccess = false } = options;
    const words = args.map(asWord);
    const condition = onlyAfterSuccess ? `+${data instanceof Uint8Array ? data.length : 0}:` : '';
    const sending = this.#send(`${[`${condition}${verb}`, ...words].join(' ')}\n`, data, options.signal);
    return this.#inTurn(() => this.#answer(verb, sending, options));
  }

  /** What is large goes a piece at a time, each when the connection has taken the one before. */
  #send(line: string, data: AskOptions['data'], signal: AbortSignal): Promise<void> {
    const { channel } = this.#command;
    const sending = this.#sent.then(async () => {
      channel.write(line);
      if (data instanceof Uint8Array) channel.write(data);
      else if (data !== undefined) await this.#pieces(data, signal);
    });
    sending.catch(() => undefined); // whoever waits for the answer gets it
    this.#sent = sending;
    return sending;
  }

  async #pieces(data: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const { channel } = this.#command;
    let open = true;
    const closed = new Promise<void>(resolve => channel.once('close', resolve)).then(() => {
      open = false;
    });
    for await (const piece of data) {
      await Promise.race([closed, new Promise(resolve => channel.write(piece, resolve))]);
      if (!open || signal.aborted) return;
    }
  }

  #sendProgram(): void {
    const bytes = packed(this.#start.program);
    this.#command.channel.write(Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes]));
  }

  /** Where sudo may ask for a password the program is sent only when it has done so, or need not. */
  async #greeting(signal: AbortSignal): Promise<void> {
    using limited = deadline(20_000, `starting the agent on ${this.#place}`, signal);
    const asks = this.#start.password !== undefined;
    for (;;) {
      const [word, ...rest] = (await this.#next('start', limited)).split(' ');
      if (word === '@slipway-agent') return;
      if (asks && (word === '@slipway-ready' || (word === '@slipway-by' && rest[0] !== 'sudo-shell')))
        this.#sendProgram();
      if (word === '@slipway-by') this.#chosen(rest);
      if (word === '@slipway-no-sudo') this.#stderr = 'sudo: command not found';
    }
  }

  async #answer(verb: string, sending: Promise<void>, options: AskOptions): Promise<Answer> {
    using limited = deadline(options.timeout, `the request "${verb}" to ${this.#place}`, options.signal);
    const answer = new Answer();
    for (;;) {
      const line = this.#next(verb, limited);
      // an answer may come before all is sent: a refusal; what fails here is told before what the host makes of it
      await Promise.race([line, sending.then(() => line)]);
      const [word, name = '', value = '', ...rest] = (await line).split(' ');
      if (word === '@ok') return answer;
      if (word === '@error')
        throw refusal(name, Buffer.from(value, 'base64').toString('utf8'), this.#place, this.#start.explain);
      if (word === '@text') answer.add(name, [value, ...rest].join(' '));
      if (word === '@more') answer.addLine(name, [value, ...rest].join(' '));
      if (word === '@fact') answer.add(name, Buffer.from(value, 'base64').toString('utf8'));
    }
  }

  /** How it became what it is. */
  get way(): Way {
    return this.#way;
  }

  /** After a refusal the conversation goes on; after anything else what is left unread would be taken for the next answer. */
  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(read);
    this.#turn = mine.catch(error => {
      if (!(error instanceof Refusal)) throw error;
    });
    this.#turn.catch(() => undefined); // whoever asks next gets it
    return mine;
  }

  async #next(verb: string, signal: AbortSignal): Promise<string> {
    const line = await this.#lines.next(signal);
    if (line !== undefined) return line;
    const code = await this.#command.exit(signal).catch((error: SlipwayError) => error);
    const bySudo = verb === 'start' && this.#way !== 'none';
    const refused = bySudo ? sudoRefused(this.#stderr, this.#place, this.#way) : undefined;
    if (refused !== undefined) throw refused;
    if (typeof code !== 'number') throw code;
    const said = this.#stderr.trim().split('\n').slice(-3).join(' ');
    throw new SlipwayError(
      'AGENT_ENDED',
      `the agent on ${this.#place} ended with code ${code} during "${verb}": ${said || 'it said nothing'}`,
    );
  }

  /** What the host chose, and whether the agent that is installed there is ours. */
  #chosen([way, sum = '', recorded = '']: string[]): void {
    this.#way = way as Way;
    const untrusted = way === 'agent' ? untrustedAgent(sum, recorded, this.#start.installed, this.#place) : undefined;
    if (untrusted === undefined) return;
    this.#command.channel.close();
    throw untrusted;
  }

  /** The password goes to sudo only when that asks for it, and once: more tries could lock the account. */
  #answerSudo(password: string): void {
    const { channel } = this.#command;
    let given = false;
    channel.stderr.on('data', () => {
      if (!this.#stderr.includes(passwordPrompt)) return;
      this.#stderr = this.#stderr.replace(passwordPrompt, '');
      if (given) channel.close();
      else channel.write(`${password}\n`);
      given = true;
    });
  }
}
