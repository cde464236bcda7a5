import { connect, type Socket } from 'node:net';
import type { HostSpec } from './hosts.ts';

/** How long a connection that was opened ahead may wait for its use: sshd closes it after two minutes at the latest. */
const fresh = 10_000;

const ahead = new Map<string, { readonly socket: Socket; readonly at: number }>();
const keyOf = ({ host, port }: HostSpec) => `${host} ${port}`;

/** Begins to open a connection, over which nothing is said yet, while something else is made ready. Holds no process back. */
export function dialAhead(host: HostSpec): void {
  if (ahead.has(keyOf(host))) return;
  const socket = connect({ host: host.host, port: host.port, noDelay: true }).unref();
  socket.on('error', () => undefined); // whoever needs it dials anew, and is told
  ahead.set(keyOf(host), { socket, at: Date.now() });
}

/** What was opened ahead and has not failed since; once. It may still be connecting. */
export function dialled(host: HostSpec): Socket | undefined {
  const found = ahead.get(keyOf(host));
  ahead.delete(keyOf(host));
  if (found === undefined) return undefined;
  if (!found.socket.destroyed && Date.now() - found.at < fresh) return found.socket.ref();
  found.socket.destroy();
  return undefined;
}
