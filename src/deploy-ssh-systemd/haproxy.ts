import type { Duplex } from 'node:stream';
import { deadline, sleep } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { explain } from './agent-error.ts';
import type { HaproxyTimers } from './haproxy-timers.ts';
import type { HostSession } from './host-session.ts';
import type { SeenServer } from './nginx.ts';

const answerTimeout = 10_000;
const pause = 100;

/** A server of HAProxy, over the socket of its runtime API (management.txt, "Unix Socket commands"). */
export class HaproxyServer {
  readonly #host: HostSession;
  readonly #socket: string;
  /** `BACKEND/SERVER`. */
  readonly #server: string;
  readonly #timers: HaproxyTimers;

  constructor(host: HostSession, socket: string, server: string, timers: HaproxyTimers) {
    this.#host = host;
    this.#socket = socket;
    this.#server = server;
    this.#timers = timers;
  }

  /**
   * No new session goes there; what is under way goes on. False when somebody else has taken it out: then it stays out.
   *
   * @param seconds after which its host brings it in again, should we be gone
   */
  async drain(seconds: number, signal: AbortSignal): Promise<boolean> {
    const { status, others } = await this.#look(signal);
    if (status.startsWith('MAINT')) return false;
    if (status.startsWith('DRAIN') && !(await this.#remembered('ask', 0, signal))) return false;
    if (isServing(status) && !others.some(one => isServing(one.status))) throw await this.#last(others, signal);
    try {
      await this.#remembered('down', seconds, signal);
      await this.#set('drain', signal);
    } catch (error) {
      // it may have been done, though its answer did not come
      await this.restore(AbortSignal.timeout(answerTimeout)).catch(() => undefined);
      throw error;
    }
    return true;
  }

  async #last(others: readonly { name: string; status: string }[], signal: AbortSignal): Promise<SlipwayError> {
    for (const { name, status } of others) {
      const server = `${this.#server.split('/')[0]}/${name}`;
      if (status.startsWith('DRAIN') && (await this.#timers.ask('ask', [this.#socket, server], 0, signal)))
        return this.#alone('UPSTREAM_TAKEN');
    }
    return this.#alone('UPSTREAM_LAST');
  }

  #alone(code: 'UPSTREAM_TAKEN' | 'UPSTREAM_LAST'): SlipwayError {
    const [words, hint] = explain(code, this.#server);
    return new SlipwayError(code, `${this.#host.place}: ${words}`, { hint });
  }

  /** Resolves when requests go there: with health checks, when HAProxy has found it up. */
  async restore(signal: AbortSignal): Promise<void> {
    const { status } = await this.#look(signal);
    // somebody may have taken it out for longer meanwhile
    if (status.startsWith('MAINT'))
      log.warning(`${this.#host.place}: ${this.#server} was put into maintenance meanwhile, and stays so`);
    else await this.#set('ready', signal);
    await this.#remembered('up', 0, signal);
    if (!status.startsWith('MAINT')) await this.#up(signal);
  }

  async #up(signal: AbortSignal): Promise<void> {
    for (let seen = ''; ; await sleep(pause, signal).catch(() => undefined)) {
      if (signal.aborted)
        throw new SlipwayError('LOAD_BALANCER_FAILED', `HAProxy does not find ${this.#server} up: ${seen}`);
      seen = (await this.#look(signal)).status;
      if (isServing(seen)) return;
    }
  }

  /** Whether all sessions ended within so many milliseconds. */
  async isQuiet(wait: number, signal: AbortSignal): Promise<boolean> {
    for (const until = Date.now() + wait; ; await sleep(pause, signal)) {
      if ((await this.#look(signal)).sessions === 0) return true;
      if (Date.now() >= until) return false;
    }
  }

  async seen(signal: AbortSignal): Promise<SeenServer> {
    const { status } = await this.#look(signal);
    const ours = status.startsWith('DRAIN') && (await this.#remembered('ask', 0, signal));
    return { name: this.#server, out: isServing(status) ? undefined : ours ? 'out, by Slipway' : status };
  }

  #remembered(state: 'down' | 'up' | 'ask', seconds: number, signal: AbortSignal): Promise<boolean> {
    return this.#timers.ask(state, [this.#socket, this.#server], seconds, signal);
  }

  /** It answers a good command by nothing. */
  async #set(state: 'drain' | 'ready', signal: AbortSignal): Promise<void> {
    const said = (await this.#command(`set server ${this.#server} state ${state}`, signal)).trim();
    if (said !== '') throw this.#refused(said);
  }

  async #look(
    signal: AbortSignal,
  ): Promise<{ status: string; sessions: number; others: { name: string; status: string }[] }> {
    const text = await this.#command('show stat', signal);
    const [head = '', ...rows] = text.replace(/^# /, '').trim().split('\n');
    const names = head.split(',');
    const [backend, server] = this.#server.split('/');
    const status = names.indexOf('status');
    const servers = rows
      .map(line => line.split(','))
      .filter(([proxy, name]) => proxy === backend && name !== 'BACKEND');
    const row = servers.find(([, name]) => name === server);
    if (row === undefined)
      throw this.#refused(names.includes('svname') ? 'there is no such server' : text.slice(0, 200));
    return {
      status: row[status] ?? '',
      sessions: Number(row[names.indexOf('scur')]),
      others: servers
        .filter(one => one !== row && one[1] !== 'FRONTEND')
        .map(one => ({ name: one[1] ?? '', status: one[status] ?? '' })),
    };
  }

  async #command(command: string, parent: AbortSignal): Promise<string> {
    using signal = deadline(answerTimeout, `the answer of HAProxy on ${this.#host.place}`, parent);
    let stream: Duplex;
    try {
      stream = this.#socket.startsWith('/')
        ? await this.#host.unixSocket(this.#socket, signal)
        : await this.#host.stream(...addressOf(this.#socket), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw new SlipwayError(
        'LOAD_BALANCER_UNREACHABLE',
        `${this.#host.place}: HAProxy’s socket ${this.#socket} cannot be opened as ${this.#host.host.user}`,
        {
          hint: 'Nothing was changed on this host. Let the user use it: stats socket PATH mode 660 group GROUP level admin; sshd must allow AllowStreamLocalForwarding.',
          cause: error,
        },
      );
    }
    return ask(stream, command, signal);
  }

  #refused(said: string): SlipwayError {
    const { place } = this.#host;
    return new SlipwayError('LOAD_BALANCER_REFUSED', `${place}: HAProxy said of ${this.#server}: ${said}`, {
      hint: 'Look at "server" of the input load-balancer, and that the socket has `level admin`.',
    });
  }
}

/** A server without checks counts as up. */
function isServing(status: string): boolean {
  return status.startsWith('UP') || status === 'no check';
}

function addressOf(text: string): [string, number] {
  const at = text.lastIndexOf(':');
  return [text.slice(0, at), Number(text.slice(at + 1))];
}

/** One command a connection: HAProxy ends it after its answer. */
function ask(stream: Duplex, command: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const stop = () => {
      stream.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', stop, { once: true });
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      text += chunk;
    });
    const settle = (how: () => void) => {
      signal.removeEventListener('abort', stop);
      how();
    };
    stream.on('error', error => settle(() => reject(error)));
    stream.on('end', () => {
      stream.end();
      settle(() => resolve(text));
    });
    // an answer that was cut must not pass for the empty one of a good command
    stream.on('close', () =>
      settle(() => reject(new SlipwayError('CONNECTION_LOST', `HAProxy’s answer to "${command}" was cut`))),
    );
    stream.write(`${command}\n`);
  });
}
