import type { Context } from '../core/action.ts';
import type { LoadedRecord } from '../core/record/files.ts';
import { asSlipwayError, onAll } from './fleet.ts';
import type { HostSession } from './host-session.ts';
import type { definition } from './inputs.ts';
import { leaveShare } from './nfs/share.ts';
import { untouched } from './outcome.ts';
import type { SitesInFront } from './proxy/sites-in-front.ts';
import { removeHost } from './remove.ts';
import { report } from './report.ts';
import type { Settings } from './settings.ts';

type Here = Context<typeof definition.inputs>;

export async function removeAll(
  sessions: readonly HostSession[],
  sites: SitesInFront,
  settings: Settings,
  release: LoadedRecord,
  context: Here,
): Promise<void> {
  await sites.remove(); // first, as it would lead to nobody
  const { results, failed } = await onAll(sessions, session => removeHost(session, session.settings, context.signal));
  const others = failed.map(({ host: { place }, error }) =>
    untouched('failed', { place, release: '', previous: '' }, error.message, error),
  );
  // however that goes, what was removed is told
  const last = await leaveShare(
    sessions.filter(({ place }) => results.some(one => one.place === place)),
    context.signal,
  ).then(() => undefined, asSlipwayError);
  await report([...results, ...others], last, release, settings, context);
}
