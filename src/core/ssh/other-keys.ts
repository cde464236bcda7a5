import type { Client } from 'ssh2';
import { protocolOf } from './ssh2-parts.ts';

/**
 * Has a client of ssh2 pass over the host's other keys (hostkeys-00@openssh.com), which it would have the host prove by
 * signing with each: nobody here learns keys from a host.
 */
export function ignoreOtherKeys(client: Client): void {
  const handlers = protocolOf(client)._handlers;
  const plain = handlers.GLOBAL_REQUEST;
  handlers.GLOBAL_REQUEST = (protocol, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com' || wantsReply) plain(protocol, name, wantsReply, data);
  };
}
