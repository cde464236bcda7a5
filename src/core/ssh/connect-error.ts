import { messageOf, SlipwayError } from '../errors.ts';
import type { Access } from './access.ts';
import { formatHost, type HostSpec } from './hosts.ts';

type Level = 'client-socket' | 'client-authentication' | 'client-timeout' | 'handshake' | 'protocol';

/** Says why a connection could not be made: what was tried, what the server said, what to do. */
export function connectError(error: Error, host: HostSpec, access: Access, accepted: readonly string[]): SlipwayError {
  const place = formatHost(host);
  const level = (error as Error & { level?: Level }).level;
  const code = (error as NodeJS.ErrnoException).code;
  if (level === 'client-authentication') {
    const takes = accepted.length === 0 ? '' : `; it accepts ${accepted.join(', ')}`;
    return new SlipwayError('AUTH_REFUSED', `${place} refused the key ${access.key.name}${takes}`, {
      hint: `Add the key's public half to ~${host.user}/.ssh/authorized_keys on ${host.host} (owner and mode 0600 matter), or correct the user.`,
      cause: error,
    });
  }
  if (level === 'handshake' && /no matching host key/i.test(error.message)) {
    return new SlipwayError('CONNECT_FAILED', `${place} offers no other host key`, {
      hint: 'Compare the host’s keys with what you gave.',
      cause: error,
    });
  }
  if (code === 'ENOTFOUND') {
    return new SlipwayError('HOST_NOT_FOUND', `the name ${host.host} does not resolve`, {
      hint: 'Correct the input "hosts".',
      cause: error,
    });
  }
  return new SlipwayError('CONNECT_FAILED', `${place} cannot be reached: ${messageOf(error)}`, {
    hint: 'Check address, port and firewall, and that sshd runs there.',
    cause: error,
  });
}

/** Whether another try may succeed. */
export function isPassing(error: unknown): boolean {
  return error instanceof SlipwayError && (error.code === 'CONNECT_FAILED' || error.code === 'DEADLINE');
}
