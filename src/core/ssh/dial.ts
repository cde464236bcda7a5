import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { SlipwayError } from '../errors.ts';
import type { Connection } from './connection.ts';
import { dialled } from './dial-ahead.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import { tunnel } from './tunnel.ts';

/** A TCP stream to the host's sshd: from here, or from the last jump host, which then resolves the name. */
export function dial(host: HostSpec, over: Connection | undefined, signal: AbortSignal): Promise<Duplex> {
  return over === undefined ? direct(host, signal) : through(host, over, signal);
}

function direct(spec: HostSpec, signal: AbortSignal): Promise<Socket> {
  const { host, port } = spec;
  return new Promise((resolve, reject) => {
    const socket = dialled(spec) ?? connect({ host, port, noDelay: true });
    const stop = () => {
      socket.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    const opened = () => {
      signal.removeEventListener('abort', stop);
      socket.off('error', failed);
      resolve(socket);
    };
    const failed = (error: Error) => {
      signal.removeEventListener('abort', stop);
      reject(error);
    };
    socket.once('error', failed);
    if (!socket.connecting) return opened();
    socket.once('connect', opened);
  });
}

/** RFC 4254, section 5.1. */
const prohibited = 1;

async function through(host: HostSpec, over: Connection, signal: AbortSignal): Promise<Duplex> {
  const [place, jump] = [formatHost(host), formatHost(over.host)];
  try {
    return tunnel(await over.openTcp(host.host, host.port, signal));
  } catch (error) {
    if (signal.aborted || error instanceof SlipwayError) throw error;
    const { message, reason } = error as Error & { reason?: number };
    if (reason === prohibited) {
      throw new SlipwayError('JUMP_REFUSED', `the jump host ${jump} does not forward to ${place}: ${message}`, {
        hint: 'Allow it in its sshd_config: AllowTcpForwarding, PermitOpen, and no restrict in authorized_keys.',
        cause: error,
      });
    }
    if (/name or service not known|no address associated/i.test(message)) {
      throw new SlipwayError('HOST_NOT_FOUND', `the jump host ${jump} does not know the name ${host.host}`, {
        hint: 'Correct the input "hosts": the name is resolved on the last jump host.',
        cause: error,
      });
    }
    throw new SlipwayError('CONNECT_FAILED', `the jump host ${jump} cannot reach ${place}: ${message}`, {
      hint: 'Check address, port and firewall as seen from the jump host, and that sshd runs there.',
      cause: error,
    });
  }
}
