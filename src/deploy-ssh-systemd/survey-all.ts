import type { SlipwayError } from '../core/errors.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import type { Artifact } from './artifacts.ts';
import type { ExtraFile } from './extra-files.ts';
import { asSlipwayError, isUnreachable, joinErrors, onAll, withNothingChanged } from './fleet.ts';
import type { HostSession } from './host-session.ts';
import { openShare, type Share } from './nfs/share.ts';
import { type Outcome, untouched } from './outcome.ts';
import { hostsOf } from './pace.ts';
import type { Settings } from './settings.ts';
import { type Surveyed, survey } from './survey.ts';
import type { WholeRelease } from './whole-release.ts';

export interface Fleet {
  readonly surveyed: readonly Surveyed[];
  /** Those that could not be looked at or cannot take the release. */
  readonly unreached: readonly Outcome[];
  /** Why nothing may be begun on any host. */
  readonly refusal?: SlipwayError;
  /** What the hosts with `layout: nfs` have their releases from. */
  readonly share?: Share;
}

/**
 * Looks at all hosts. One that cannot take the release is enough to begin nothing; those that only were not reached are
 * passed over, as many as `max-unavailable` says.
 */
export async function surveyAll(
  sessions: readonly HostSession[],
  settings: Settings,
  record: ReleaseRecord,
  artifacts: readonly Artifact[],
  files: readonly ExtraFile[],
  whole: readonly WholeRelease[],
  signal: AbortSignal,
): Promise<Fleet> {
  const { results: surveyed, failed } = await onAll(sessions, one =>
    survey(one, one.settings, record, artifacts, files, whole),
  );
  const unreached = failed.map(({ host, error }) => {
    const { message } = error;
    const state = isUnreachable(error) ? 'unreachable' : 'failed';
    return untouched(state, { place: host.place, release: '', previous: '' }, message, error);
  });
  if (failed.length === 0) return withShare({ surveyed, unreached }, signal);
  const { maxUnavailable } = settings.pace;
  const passedOver = maxUnavailable === undefined ? 0 : hostsOf(maxUnavailable, sessions.length);
  const goesOn =
    surveyed.length > 0 && failed.length <= passedOver && failed.every(({ error }) => isUnreachable(error));
  if (goesOn) return withShare({ surveyed, unreached }, signal);
  const joined = joinErrors(
    failed.map(({ error }) => error),
    sessions.length,
  );
  return { surveyed, unreached, refusal: withNothingChanged(joined) };
}

/** The share is looked at by all that have it: one that it does not serve is enough to begin nothing. */
async function withShare(fleet: Fleet, signal: AbortSignal): Promise<Fleet> {
  try {
    const share = await openShare(fleet.surveyed, signal);
    return share === undefined ? fleet : { ...fleet, surveyed: share.all, share };
  } catch (error) {
    return { ...fleet, refusal: withNothingChanged(asSlipwayError(error)) };
  }
}
