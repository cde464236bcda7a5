import type { SlipwayError } from '../core/errors.ts';
import { asSlipwayError, failureOf } from './fleet.ts';
import type { Hooks } from './hooks.ts';
import type { HostSession } from './host-session.ts';
import type { Outcome } from './outcome.ts';
import type { SitesInFront } from './proxy/sites-in-front.ts';
import type { Surveyed } from './survey.ts';

/** The site in front changes when all that it is in front of serve; what it fails with. */
export async function siteAfter(
  sites: SitesInFront,
  outcomes: readonly Outcome[],
  signal: AbortSignal,
): Promise<SlipwayError | undefined> {
  if (failureOf(outcomes, signal) !== undefined) return undefined;
  return sites.install().then(() => undefined, asSlipwayError);
}

/** Only when all went well; what it fails with. */
export async function afterDeploy(
  hooks: Hooks,
  surveyed: readonly Surveyed[],
  outcomes: readonly Outcome[],
  signal: AbortSignal,
): Promise<SlipwayError | undefined> {
  const changed = outcomes.filter(one => one.changed);
  if (changed.length === 0 || failureOf(outcomes, signal) !== undefined) return undefined;
  const hosts = surveyed.flatMap(({ session }) => {
    const own = changed.find(({ place }) => place === session.place);
    return own === undefined ? [] : [[session, own] as [HostSession, Outcome]];
  });
  return hooks.afterDeploy(hosts, signal).then(() => undefined, asSlipwayError);
}
