import { retry } from '../deadline.ts';
import { messageOf, SlipwayError, wrap } from '../errors.ts';
import { log } from '../log.ts';
import { formatDuration } from '../units.ts';
import type { Access } from './access.ts';
import { borrow } from './borrow.ts';
import { isPassing } from './connect-error.ts';
import type { Connection } from './connection.ts';
import { formatHost, type HostSpec } from './hosts.ts';
import type { Identity } from './identities.ts';
import { type OpenOptions, open } from './open.ts';

export interface ConnectOptions extends OpenOptions {
  /** Milliseconds for everything, tries included; default 30 s. */
  readonly timeout?: number;
}

const defaultTimeout = 30_000;

/**
 * Connects and authenticates, through the jump hosts if there are any. What may pass (refused, reset, timed out, dropped)
 * is tried again until the time is up; a key that is refused, the host's or ours, never.
 *
 * @throws HOST_KEY_UNKNOWN, HOST_KEY_MISMATCH, HOST_KEY_REVOKED, HOST_NOT_FOUND, AUTH_REFUSED, HANDSHAKE_FAILED,
 *   JUMP_REFUSED, SSH_AGENT_FAILED, CONNECT_FAILED
 */
export async function connect(host: HostSpec, access: Access, options: ConnectOptions): Promise<Connection> {
  const { signal, timeout = defaultTimeout } = options;
  const way = host.jumpHosts ?? access.jumpHosts;
  const begun = Date.now();
  let [tries, said, last] = [1, 0, undefined as unknown];
  try {
    // should the server not like what is sent ahead, it is not sent again
    const ahead = (attempt: number) => ({ command: attempt === 1 ? options.command : undefined });
    const once = (limited: AbortSignal, attempt: number) =>
      reach(host, way, access.identities, access, { ...options, ...ahead(attempt), signal: limited });
    return await retry(once, {
      doing: `connecting to ${formatHost(host)}`,
      signal,
      attempts: Number.POSITIVE_INFINITY,
      within: timeout,
      retriable: isPassing,
      onRetry: (error, attempt) => {
        [tries, last] = [attempt, error];
        if (Date.now() - said < 10_000) return;
        said = Date.now();
        log.info(`${messageOf(error)}; trying again for ${formatDuration(Math.max(0, begun + timeout - said))}`);
      },
    });
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'DEADLINE' || signal.aborted) throw error;
    const why = last ?? error;
    const hint =
      (why instanceof SlipwayError && why.hint) || 'Check address, port and firewall, and that sshd runs there.';
    const given = `given up after ${formatDuration(timeout)}${tries === 1 ? '' : ` and ${tries} tries`}`;
    throw new SlipwayError('CONNECT_FAILED', `${messageOf(why)}; ${given}`, { hint, cause: error });
  }
}

/** The jump hosts first: whoever waits for them must not keep others from their handshake. */
async function reach(
  host: HostSpec,
  way: readonly HostSpec[],
  identities: readonly Identity[],
  access: Access,
  options: ConnectOptions,
): Promise<Connection> {
  const jump = way.at(-1);
  if (jump === undefined) return open(host, identities, access.trust, options);
  const nearer = (signal: AbortSignal) =>
    reach(jump, way.slice(0, -1), access.jumpIdentities, access, { ...options, command: undefined, signal });
  using borrowed = await borrow(access, way, nearer, options.signal).catch(error => {
    throw options.signal.aborted ? error : wrap('CONNECT_FAILED', `on the way to ${formatHost(host)}`, error);
  });
  const connection = await open(host, identities, access.trust, options, borrowed.connection);
  connection.onceLost(borrowed.keep());
  return connection;
}
