import { messageOf, SlipwayError } from '../errors.ts';
import type { Offered } from './handshake.ts';
import { formatHost, type HostSpec } from './hosts.ts';

type Level = 'client-socket' | 'client-authentication' | 'client-timeout' | 'agent' | 'handshake' | 'protocol';

/** RFC 4253, section 11.1: OpenSSH ends so what has tried too often. */
const protocolError = 2;

/** Says why a connection could not be made: what was tried, what the server said, what to do. */
export function connectError(error: Error, host: HostSpec, offered: Offered): SlipwayError {
  const place = formatHost(host);
  const level = (error as Error & { level?: Level }).level;
  const code = (error as Error & { code?: string | number }).code;
  if (level === 'agent') return error instanceof SlipwayError ? error : agentError(place, error);
  if (level === 'client-authentication' || (code === protocolError && /authentication failures/i.test(error.message)))
    return authError(error, host, offered);
  if (level === 'handshake') {
    const noKey = /no matching host key/i.test(error.message);
    return new SlipwayError(
      'HANDSHAKE_FAILED',
      noKey ? `${place} offers no other host key` : `${place}: ${error.message}`,
      {
        hint: noKey
          ? 'Compare the host’s keys with what you gave.'
          : 'Look at the algorithms in its sshd_config: it is too old, or too strict.',
        cause: error,
      },
    );
  }
  if (code === 'ENOTFOUND') {
    return new SlipwayError('HOST_NOT_FOUND', `the name ${host.host} does not resolve`, {
      hint: 'Correct the input "hosts" or "jump-hosts".',
      cause: error,
    });
  }
  return new SlipwayError('CONNECT_FAILED', `${place} cannot be reached: ${messageOf(error)}`, {
    hint: 'Check address, port and firewall, and that sshd runs there.',
    cause: error,
  });
}

function authError(cause: Error, host: HostSpec, { identities, accepts, partial }: Offered): SlipwayError {
  const place = formatHost(host);
  const names = identities.map(one => one.name).join('; ');
  if (partial) {
    return new SlipwayError(
      'AUTH_REFUSED',
      `${place} took the key, but wants ${accepts.join(' or ')} as well: ${names}`,
      {
        hint: `A second factor cannot be given here: let this user in by key alone (AuthenticationMethods publickey, in a Match block).`,
        cause,
      },
    );
  }
  const tooMany = /authentication failures/i.test(cause.message) ? ', then it had enough (MaxAuthTries)' : '';
  const takes = accepts.length === 0 ? '' : `; it accepts ${accepts.join(', ')}`;
  const several = identities.length > 1 ? `all ${identities.length} keys` : 'the key';
  return new SlipwayError('AUTH_REFUSED', `${place} refused ${several} ${names}${tooMany}${takes}`, {
    hint: identities.some(one => one.certificate !== undefined)
      ? `Look at the principals and the dates of the certificate, and at TrustedUserCAKeys in sshd_config on ${host.host}.`
      : `Add the key's public half to ~${host.user}/.ssh/authorized_keys on ${host.host} (owner and mode 0600 matter), or correct the user.`,
    cause,
  });
}

function agentError(place: string, cause: Error): SlipwayError {
  return new SlipwayError('SSH_AGENT_FAILED', `${place}: ${messageOf(cause)}`, {
    hint: 'Look at the agent: ssh-add -l.',
    cause,
  });
}

/** Whether another try may succeed. */
export function isPassing(error: unknown): boolean {
  return error instanceof SlipwayError && ['CONNECT_FAILED', 'CONNECTION_LOST', 'DEADLINE'].includes(error.code);
}
