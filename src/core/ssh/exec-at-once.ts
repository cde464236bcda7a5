import type { Client, ClientChannel } from 'ssh2';
import { channelOf, type Protocol, protocolOf } from './ssh2-parts.ts';

/** A command that the server was asked to run. */
export interface Asked {
  readonly channel: ClientChannel;
  /** Why it does not, if it said so; its channel is closed then. */
  readonly refusal: () => Error | undefined;
}

interface Waiting {
  readonly command: string;
  readonly asked: (id: number) => void;
}

const all = new WeakMap<Protocol, Waiting[]>();

/**
 * As `client.exec`, which waits a round trip more: the channel is there as soon as the request is sent, and what is
 * written to it goes along (RFC 4254, section 5.2: data needs an open channel only).
 */
export function execAtOnce(
  client: Client,
  command: string,
  done: (error: Error | undefined, asked: Asked) => void,
): void {
  const waiting = waitingOf(client);
  let refused: Error | undefined;
  const mine = {
    command,
    asked: (id: number) => done(undefined, { channel: channelOf(client, id)!, refusal: () => refused }),
  };
  waiting.push(mine);
  client.exec(command, (error, channel) => {
    const at = waiting.indexOf(mine);
    if (at < 0) refused = error;
    else {
      // there is no channel at all
      waiting.splice(at, 1);
      done(error, { channel, refusal: () => undefined });
    }
  });
}

/** ssh2 sends the request in the very call that opens the channel; channels are opened in the order that they were asked for. */
function waitingOf(client: Client): Waiting[] {
  const protocol = protocolOf(client);
  const known = all.get(protocol);
  if (known !== undefined) return known;
  const waiting: Waiting[] = [];
  all.set(protocol, waiting);
  const plain = protocol.exec.bind(protocol);
  protocol.exec = (id, command, wantsReply) => {
    plain(id, command, wantsReply);
    const at = waiting.findIndex(one => one.command === command);
    if (at >= 0) waiting.splice(at, 1)[0]!.asked(id);
  };
  return waiting;
}
