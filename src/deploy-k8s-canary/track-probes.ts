import { trackHeader } from './routers/tracks.ts';
import type { Session } from './session.ts';

/** Lets own requests reach each side through the router, by a header, where the route takes rules for it. */
export async function trackProbes({
  asksPods,
  journal,
  options,
  prober,
  router,
  signal,
  state,
}: Session): Promise<void> {
  if (options.rendered !== undefined) return; // rules of ours do not belong into somebody's manifests
  if (!asksPods || router?.track === undefined || prober.tracked !== undefined) return;
  if (state.router?.baseline !== undefined) return; // the stable Service leads to pods that are not compared
  const refused = await router.track(signal);
  prober.track(refused === undefined);
  journal.note(
    refused === undefined
      ? `Own requests reach each side through the route, by the header ${trackHeader}.`
      : `Own requests go to the pods through the API server, as the route takes no rule for them: ${refused}.`,
  );
}
