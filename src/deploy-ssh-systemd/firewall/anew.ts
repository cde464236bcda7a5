import { messageOf, SlipwayError } from '../../core/errors.ts';
import type { Answer } from '../../core/host-agent/answer.ts';
import { HostSession, type Request } from '../host-session.ts';

/** Milliseconds for the new connection at most: the host's own timer fires soon after the runner has decided. */
const longest = 10_000;

/** Whether the host wants to see first that a new connection comes through the firewall of the release. */
export function mustBeAnew(error: unknown): boolean {
  return error instanceof SlipwayError && error.code === 'CONFIRM_ANEW';
}

/**
 * Asks over a connection of its own; the one that is there goes on, and with it the lock.
 *
 * @throws FIREWALL_LOCKS_OUT when none comes through
 */
export async function confirmedAnew(session: HostSession, request: Request): Promise<Answer> {
  const { host, place, settings } = session;
  const connectTimeout = Math.min(settings.connectTimeout, longest);
  await using anew = new HostSession(host, { ...settings, connectTimeout }, AbortSignal.timeout(2 * longest));
  try {
    return (await anew.askAll([request]))[0]!;
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'CONNECT_FAILED') throw error;
    throw new SlipwayError(
      'FIREWALL_LOCKS_OUT',
      `no new connection to ${place} comes through the firewall of the release: ${messageOf(error)}`,
      { hint: 'Open the way that the runner takes by `ports` in "firewall".', cause: error },
    );
  }
}
