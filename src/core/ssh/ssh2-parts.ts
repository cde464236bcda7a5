import type { Client, ClientChannel } from 'ssh2';

/** What of ssh2 is used here and not public; its version is pinned for it. */
export interface Protocol {
  authPK(user: string, key: unknown, algorithm?: string | Sign, sign?: Sign): void;
  /** Sends the request to run a command in an open channel; `id` is the server's number of it. */
  exec(id: number, command: string, wantsReply: boolean): void;
  readonly _kex: { readonly sessionID: Buffer };
  readonly _authsQueue: string[];
  readonly _handlers: {
    SERVICE_ACCEPT: (protocol: Protocol, name: string) => void;
    GLOBAL_REQUEST: (protocol: Protocol, name: string, wantsReply: boolean, data: unknown) => void;
  };
  readonly _packetRW: {
    readonly write: { alloc(length: number): Buffer; readonly allocStart: number; finalize(packet: Buffer): Buffer };
  };
}

export type Sign = (data: Buffer, done: (signature: Buffer) => void) => void;

/** The protocol of a client that `connect` was called on. */
export function protocolOf(client: Client): Protocol {
  return (client as unknown as { _protocol: Protocol })._protocol;
}

/** The open channel that has this number on the server. */
export function channelOf(client: Client, id: number): ClientChannel | undefined {
  const { _channels } = (client as unknown as { _chanMgr: { _channels: Record<number, unknown> } })._chanMgr;
  const open = Object.values(_channels) as (ClientChannel & { outgoing?: { id: number } })[];
  return open.find(channel => channel.outgoing?.id === id);
}
