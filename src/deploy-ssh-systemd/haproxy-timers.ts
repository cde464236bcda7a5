import { messageOf } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { HostSession } from './host-session.ts';

/** The timers on the balancer's host that bring a server in again when no runner does; without them it is said, once. */
export class HaproxyTimers {
  readonly #host: HostSession;
  #lacking = false;

  constructor(host: HostSession) {
    this.#host = host;
  }

  /** Whether the server is out by us; `down` also arms its timer, `up` disarms it. */
  async ask(state: 'down' | 'up' | 'ask', [socket, server]: [string, string], seconds: number, signal: AbortSignal) {
    if (this.#lacking) return false;
    try {
      const answer = await this.#host.ask('haproxy', [socket, server, state, String(seconds)], { signal });
      return answer.text('was') === 'ours';
    } catch (error) {
      signal.throwIfAborted();
      if (state === 'ask') return false; // before anything is drained there is nothing to warn of
      this.#lacking = true;
      log.warning(
        `${this.#host.place}: should this run be killed, a server stays in drain: there is no timer to bring it in again: ${messageOf(error)}`,
      );
      return false;
    }
  }
}
