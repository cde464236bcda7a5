import { messageOf } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { formatDuration } from '../core/units.ts';
import { asSlipwayError, isUnreachable } from './fleet.ts';
import { type Outcome, untouched } from './outcome.ts';
import { nextBatch, type Pace } from './pace.ts';
import { isServing } from './status.ts';
import type { Surveyed } from './survey.ts';

export interface Rollout {
  readonly pace: Pace;
  readonly onFailure: 'stop' | 'rollback-batch' | 'rollback-all';
  /** How long a canary must stay healthy before it counts; milliseconds. */
  readonly soakTime: number;
  /** Hosts that were not reached. */
  readonly unreachable: number;
}

/** What is done on one host. Both say by their outcome how it went; what they throw is an outcome, too. */
export interface Tasks {
  /** @param soak milliseconds for which the release must stay healthy beyond what it must anyway */
  readonly deploy: (host: Surveyed, soak: number) => Promise<Outcome>;
  /** Brings a host back to the release before, or to none where there was none. */
  readonly goBack: (host: Surveyed, from: Outcome, why: string) => Promise<Outcome>;
}

/**
 * Goes over the hosts batch by batch; every host of a batch is awaited, whatever the others do. After a failure no more
 * batch is begun, and hosts that have the new release go back as `on-failure` says. Every host has an outcome.
 */
export async function rollOut(
  hosts: readonly Surveyed[],
  rollout: Rollout,
  tasks: Tasks,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { pace, unreachable, onFailure } = rollout;
  const all = hosts.length + unreachable;
  const outcomes = new Map<Surveyed, Outcome>();
  let waiting = hosts.map(host => ({ host, serves: isServing(host.facts) }));
  let why = '';
  let most = 1;
  while (waiting.length > 0 && why === '') {
    const first = outcomes.size === 0;
    const lost = unreachable + [...outcomes.values()].filter(one => !one.serving).length;
    const batch = nextBatch({ waiting, all, lost, first }, pace).map(({ host }) => host);
    if (batch.length === 0) {
      why = `max-unavailable leaves none to begin: ${lost} of ${all} hosts do not serve`;
      break;
    }
    most = Math.max(most, batch.length);
    waiting = waiting.filter(({ host }) => !batch.includes(host));
    const soak = first && pace.strategy === 'canary' ? rollout.soakTime : 0;
    if (batch.length < all) log.info(announcement(batch, waiting.length, soak));
    await Promise.all(batch.map(async host => outcomes.set(host, await settled(host, tasks.deploy(host, soak)))));
    const failed = batch.filter(host => outcomes.get(host)!.error !== undefined);
    if (signal.aborted) why = messageOf(signal.reason);
    else if (failed.length > 0) {
      why = `${failed.map(({ session }) => session.place).join(', ')} failed`;
      const back = onFailure === 'stop' ? [] : onFailure === 'rollback-batch' ? batch : [...outcomes.keys()];
      await goBack(back, most, outcomes, tasks, why);
    }
  }
  return hosts.map(host => outcomes.get(host) ?? untouched('not-begun', placed(host), why));
}

/** Those of the hosts that were changed and serve the new release; no more at once than went forward at once. */
async function goBack(
  hosts: readonly Surveyed[],
  most: number,
  outcomes: Map<Surveyed, Outcome>,
  tasks: Tasks,
  why: string,
): Promise<void> {
  const changed = hosts.filter(host => outcomes.get(host)!.state === 'healthy');
  for (let begun = 0; begun < changed.length; begun += most) {
    await Promise.all(
      changed.slice(begun, begun + most).map(async host => {
        const from = outcomes.get(host)!;
        if (from.previous === from.release)
          log.warning(`${from.place}: it was a restart: there is no other release to go back to`);
        else outcomes.set(host, await settled(host, tasks.goBack(host, from, why)));
      }),
    );
  }
}

async function settled(host: Surveyed, task: Promise<Outcome>): Promise<Outcome> {
  return task.catch(error => {
    const reason = asSlipwayError(error);
    return untouched(isUnreachable(reason) ? 'unreachable' : 'failed', placed(host), reason.message, reason);
  });
}

function placed({ session, goal, facts }: Surveyed) {
  return { place: session.place, release: goal.id, binary: goal.sha256, previous: facts.current };
}

function announcement(batch: readonly Surveyed[], after: number, soak: number): string {
  const names = batch.map(({ session }) => session.place).join(', ');
  const canary = soak > 0 ? ` as the canary, which must stay healthy for ${formatDuration(soak)}` : '';
  return `now ${names}${canary}; ${after} host${after === 1 ? '' : 's'} to go after that`;
}
