import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { rollback } from '../modes.ts';
import type { RolloutState } from '../state.ts';
import { targetOf } from '../target.ts';
import { type Done, inTurn, label } from './done.ts';
import { ofCluster } from './errors.ts';

/**
 * `on-wave-failure: rollback-all`: every cluster that got the release goes back to what it had before, the last one first, each
 * proven. One that cannot is left with the release, and says so.
 */
export async function goBack(
  done: readonly Done[],
  failed: readonly Done[],
  signal: AbortSignal,
): Promise<readonly Done[]> {
  const because = failed.map(({ site, outcome }) => `${site.name} ended ${outcome.state}`).join(', ');
  const sites = done.map(({ site }) => site);
  const back = await inTurn(done.toReversed(), one =>
    gotRelease(one) ? log.within(label(one.site, sites), () => takeBack(one, because, signal)) : Promise.resolve(one),
  );
  return back.toReversed();
}

/** In this run, or in one before it that began the same rollout over all and did not bring it to its end. */
function gotRelease({ outcome, site: { state, options } }: Done): boolean {
  if (outcome.state !== 'healthy' && outcome.state !== 'unchanged') return false;
  return outcome.changed || (state?.phase === 'healthy' && state.whole === options.whole);
}

async function takeBack(one: Done, because: string, signal: AbortSignal): Promise<Done> {
  const { site, outcome } = one;
  const { cluster, options, journal } = site;
  const mine = { ...options, mode: 'rollback', workload: targetOf(outcome) } as const;
  // somebody may have deployed there since: theirs is not ours to take away
  const reservation = ({ phase, image, by }: RolloutState) =>
    phase === 'healthy' && image === outcome.image
      ? undefined
      : `Not taken back: by ${by} it is at ${image} (${phase}).`;
  try {
    const { state, previous, identity } = await rollback(cluster, mine, journal, signal, reservation);
    if (state !== 'rolled-back')
      throw new SlipwayError('ROLLED_ON', 'another rollout was begun there since, which was left alone', {
        hint: 'See `mode: status`.',
      });
    journal.note(`Went back to ${previous}, because ${because}.`);
    const changed = !outcome.changed; // what a run before brought there
    return { ...one, ended: new Date().toISOString(), outcome: { ...outcome, state, previous, changed, identity } };
  } catch (thrown) {
    log.info(messageOf(thrown));
    journal.note(`It keeps ${outcome.image}: the way back failed.`);
    return { ...one, outcome: { ...outcome, error: ofCluster(site.name, thrown) } };
  }
}
