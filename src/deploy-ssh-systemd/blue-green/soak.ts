import type { Check } from '../../core/health/index.ts';
import { type Gated, type GateVerdict, gateHost } from '../gate-host.ts';
import type { HostSession } from '../host-session.ts';
import { watchRequest } from '../requests.ts';
import type { Settings } from '../settings.ts';

/** How long nginx may take to read its site; milliseconds. */
export const passingTime = 10_000;
/** How soon after `soak-time` all checks must have been healthy for so long. */
const slack = 5_000;

/**
 * Gives the requests to the instance that has been tried, and watches it for `soak-time` while it serves. Whoever fails now
 * fails for users: it is given no more time than that.
 */
export async function soak(
  session: HostSession,
  release: Gated,
  checks: readonly Check[],
  settings: Settings,
  signal: AbortSignal,
): Promise<GateVerdict> {
  await session.ask('traffic', [release.token], { signal, timeout: 3 * passingTime });
  const [first] = await session.begin([watchRequest(release.token, { hash: true, wait: 1000 })]);
  const { soakTime } = settings;
  return gateHost(
    session,
    { ...release, since: Date.now(), first: first! },
    { ...settings, checks, minHealthyTime: soakTime, healthyDeadline: soakTime + slack },
    signal,
  );
}
