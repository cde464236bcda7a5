import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { prepareDeploy } from '../deploy.ts';
import { workloadOf } from '../last-rollout.ts';
import { readState } from '../state.ts';
import { type Done, inTurn, isFailed, label, type Task } from './done.ts';
import { allOrThrow, asSlipwayError } from './errors.ts';
import { goBack } from './go-back.ts';
import { onlyNewest } from './newest.ts';
import { onlyBegun } from './only-begun.ts';
import { reach } from './reach.ts';
import type { Site } from './sites.ts';
import { refuseSameCluster } from './twins.ts';
import { inWaves, settled } from './waves.ts';
import { asOneWhole } from './whole.ts';

/** Carries a mode out in several clusters. Never throws for what happens in one of them once any may have been changed. */
export async function inClusters(sites: readonly Site[], task: Task, signal: AbortSignal): Promise<readonly Done[]> {
  const { mode, 'on-wave-failure': onFailure } = sites[0]!.options;
  const named = inOwnLines(sites, task, signal);
  const lastFirst = async (some: readonly Site[], own: Task) =>
    (await inTurn(some.toReversed(), site => settled(site, own))).toReversed();
  // these are tried everywhere, whatever becomes of the others
  if (mode === 'status' || mode === 'pause') return Promise.all(sites.map(site => settled(site, named)));
  if (mode === 'abort') return lastFirst(sites, named);
  const prepared = await prepareAll(sites, signal);
  if (mode === 'rollback') return lastFirst(prepared, onlyNewest(prepared, named));
  const done = await inWaves(prepared, mode === 'promote' ? onlyBegun(prepared, named) : named, signal);
  const failed = done.filter(isFailed);
  if (failed.length === 0 || onFailure === 'hold' || signal.aborted) return done;
  return goBack(done, failed, signal);
}

/** Looks at every cluster before the first write to any. */
async function prepareAll(sites: readonly Site[], signal: AbortSignal): Promise<Site[]> {
  const prepare = (site: Site) =>
    log.within(label(site, sites), async (): Promise<Site> => {
      const { cluster, options, journal } = site;
      if (options.mode === 'deploy') {
        const prepared = await prepareDeploy(cluster, options, journal, signal);
        return { ...site, prepared, state: prepared.state };
      }
      return { ...site, state: await readState(cluster, workloadOf(options), signal) };
    });
  try {
    await allOrThrow(sites, site => reach(site, signal));
    await refuseSameCluster(sites, signal);
    return asOneWhole(await allOrThrow(sites, prepare));
  } catch (error) {
    const { code, message, hint = '' } = asSlipwayError(error);
    const untouched = hint.includes('Nothing was changed') ? hint : `${hint} Nothing was changed in any cluster.`;
    throw new SlipwayError(code, message, { hint: untouched.trim(), cause: error });
  }
}

/** Each line of the log says which cluster it is about. */
function inOwnLines(sites: readonly Site[], task: Task, signal: AbortSignal): Task {
  return (site, prepared) =>
    log.within(label(site, sites), async () => {
      await reach(site, signal);
      return task(site, prepared);
    });
}
