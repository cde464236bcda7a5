import type { ClientChannel } from 'ssh2';
import { SlipwayError } from '../errors.ts';

/** A command that runs on a host: its standard input and output are `channel`, its errors `channel.stderr`. */
export class Command {
  readonly channel: ClientChannel;
  /** Why its connection is unusable, if it is. */
  lost: () => SlipwayError | undefined = () => undefined;
  readonly #ended: Promise<number>;

  /**
   * Must be made in the very callback that hands over the channel: a short command's exit status can stand in the same
   * packet, and is gone one tick later.
   */
  constructor(channel: ClientChannel, doing: string) {
    this.channel = channel;
    let code: number | null | undefined;
    let ended = 'no exit status came back';
    channel.on('error', () => undefined); // a command that does not read its input says so by its exit code
    channel.on('exit', (status: number | null, signal?: string) => {
      code = status;
      if (signal !== undefined) ended = `it was ended by ${signal}`;
    });
    this.#ended = new Promise((resolve, reject) => {
      channel.on('close', () => {
        if (code != null) return resolve(code);
        const hint = 'The outcome is unknown: look at the host.';
        reject(this.lost() ?? new SlipwayError('NO_EXIT_STATUS', `${doing}: ${ended}`, { hint }));
      });
    });
    this.#ended.catch(() => undefined); // whoever waits gets it
  }

  /** The exit code; when the signal is aborted first, the channel is closed. */
  exit(signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.channel.close();
        reject(signal.reason);
      };
      if (signal.aborted) return stop();
      signal.addEventListener('abort', stop, { once: true });
      this.#ended.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }
}
