import { sleep } from '../core/deadline.ts';
import type { HostSession } from './host-session.ts';

export interface NginxUpstream {
  /** Of the file with the `server` lines. */
  readonly path: string;
  readonly server: string;
  /** Of systemd, to be reloaded. */
  readonly unit: string;
}

/** A server as its load balancer has it. */
export interface SeenServer {
  readonly name: string;
  /** Why it gets no requests; undefined where it does. */
  readonly out: string | undefined;
}

const pause = 100;

/** A server in an upstream of nginx, marked `down` in its file, which nginx tests and reads again. */
export class NginxServer {
  readonly #host: HostSession;
  readonly #upstream: NginxUpstream;
  /** Worker processes of before: they end with the last request that they were given. */
  #workers = '';

  constructor(host: HostSession, upstream: NginxUpstream) {
    this.#host = host;
    this.#upstream = upstream;
  }

  /**
   * False when somebody else has taken it out: then it stays out.
   *
   * @param seconds after which its host brings it in again, should we be gone
   */
  async drain(seconds: number, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#ask('down', seconds, signal);
    this.#workers = answer.text('workers');
    return answer.text('was') !== 'down';
  }

  async restore(signal: AbortSignal): Promise<void> {
    await this.#ask('up', 0, signal);
  }

  async seen(signal: AbortSignal): Promise<SeenServer> {
    const was = (await this.#ask('ask', 0, signal)).text('was');
    return { name: this.#upstream.server, out: { ours: 'out, by Slipway', down: 'out' }[was] };
  }

  /** Whether all requests under way ended within so many milliseconds. */
  async isQuiet(wait: number, signal: AbortSignal): Promise<boolean> {
    for (const until = Date.now() + wait; ; await sleep(pause, signal)) {
      const answer = await this.#host.ask('alive', [this.#workers], { signal });
      if (answer.text('alive') === '') return true;
      if (Date.now() >= until) return false;
    }
  }

  #ask(state: 'down' | 'up' | 'ask', seconds: number, signal: AbortSignal) {
    const { path, server, unit } = this.#upstream;
    return this.#host.ask('upstream', [path, server, unit, state, String(seconds)], { signal });
  }
}
