import type { Client } from 'ssh2';

/** What of ssh2 is used here and not public; its version is pinned for it. */
export interface Protocol {
  authPK(user: string, key: unknown, algorithm?: string | Sign, sign?: Sign): void;
  exec(channel: number, command: string, wantReply: boolean): void;
  readonly _remoteIdentRaw: Buffer;
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
