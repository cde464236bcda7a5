import { sleep } from '../core/deadline.ts';
import { log } from '../core/log.ts';
import type { Count } from './ensure-beside.ts';
import type { StepRow } from './journal.ts';
import type { Session } from './session.ts';
import { marking } from './step-row.ts';
import { aim, tick } from './watch-step.ts';
import { judge, weigh } from './weigh.ts';

/**
 * Waits until so many pods beside the workload's are warm, at the weight that is in force: traffic is shifted to a pod only then.
 * Users may be on other new pods already, so that these are watched meanwhile as in a step.
 *
 * @param pods how many of each side are to be warm
 * @param again how many by now, asked at every look: a set that is scaled down has fewer
 * @throws RolloutError as soon as the release must go back; Interruption. Its deadline is the rollout's.
 */
export function waitWarm(
  session: Session,
  row: StepRow,
  pods: Count,
  again: () => Promise<Count> = async () => pods,
): Promise<void> {
  return marking(row, async () => {
    const { prober, signal, state, users } = session;
    let warm = await aim(session, row, true);
    if (areWarm(session, warm, pods)) return;
    log.info(`  ${row.weight} %: waiting until the new pods are warm, at ${state.weight} % as before`);
    prober.take();
    prober.start();
    users?.start();
    try {
      while (!areWarm(session, warm, await again())) {
        await session.look(false);
        await sleep(tick, signal);
        const seen = prober.take();
        weigh(session, row, seen);
        judge(session, seen);
        warm = await aim(session, row, true);
      }
    } finally {
      prober.stop();
      users?.stop();
    }
  });
}

/** Whether enough pods are warm: of the new release, and of the fresh ones of the old release where there are such. */
export function areWarm({ state }: Session, warm: Count, wanted: Count): boolean {
  return warm.canary >= wanted.canary && (state.router?.baseline === undefined || warm.baseline >= wanted.baseline);
}
