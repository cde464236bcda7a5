import type { Client, ClientChannel } from 'ssh2';
import { Command } from './command.ts';
import { protocolOf } from './ssh2-parts.ts';

/** A command that was begun before the connection was there. */
export interface Early {
  readonly command: string;
  readonly started: Promise<Command>;
}

/** The number that OpenSSH gives the first channel of every connection. */
const firstChannel = 0;

/**
 * Asks for a session and a command in it together with authentication, which saves two round trips: the server reads them
 * when the key was right. Only for OpenSSH, and one key that needs no asking: what comes after a refusal is an error
 * (RFC 4252, section 6), which OpenSSH passes over, and others end the connection for. Nothing is sent where that is not
 * so; then there is no early command.
 *
 * @returns what is there once the request for authentication was sent
 */
export function beginEarly(client: Client, command: string, doing: string): () => Early | undefined {
  const protocol = protocolOf(client);
  const authenticate = protocol.authPK;
  let early: Early | undefined;
  protocol.authPK = (...request) => {
    protocol.authPK = authenticate;
    authenticate(...request);
    if (/^SSH-2\.0-OpenSSH_/.test(String(protocol._remoteIdentRaw))) early = begin(client, command, doing);
  };
  return () => early;
}

function begin(client: Client, command: string, doing: string): Early {
  const protocol = protocolOf(client);
  const started = new Promise<Command>((resolve, reject) => {
    client.once('close', () => reject(new Error('the connection was closed')));
    client.exec(command, (error: Error | undefined, channel: ClientChannel) => {
      if (error === undefined) resolve(new Command(channel, doing));
      else reject(error);
    });
  });
  started.catch(() => undefined); // whoever wants the command gets it
  const exec = protocol.exec.bind(protocol);
  exec(firstChannel, command, true);
  // ssh2 asks for it when it knows the channel
  protocol.exec = (channel, ...rest) => {
    protocol.exec = exec;
    if (channel !== firstChannel) exec(channel, ...rest);
  };
  return { command, started };
}
