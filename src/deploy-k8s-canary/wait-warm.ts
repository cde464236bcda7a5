import { sleep } from '../core/deadline.ts';
import { log } from '../core/log.ts';
import type { StepRow } from './journal.ts';
import type { Session } from './session.ts';
import { marking } from './step-row.ts';
import { aim, tick } from './watch-step.ts';
import { judge, weigh } from './weigh.ts';

/**
 * Waits until so many pods of the new release are warm, at the weight that is in force: traffic is shifted to a pod only then.
 * Users may be on other new pods already, so that these are watched meanwhile as in a step.
 *
 * @param pods how many are to be warm
 * @throws RolloutError as soon as the release must go back; Interruption. Its deadline is the rollout's.
 */
export function waitWarm(session: Session, row: StepRow, pods: number): Promise<void> {
  return marking(row, async () => {
    const { prober, signal, state, users } = session;
    if ((await aim(session, row, true)) >= pods) return;
    log.info(`  ${row.weight} %: waiting until the new pods are warm, at ${state.weight} % as before`);
    prober.take();
    prober.start();
    users?.start();
    try {
      for (let warm = 0; warm < pods; warm = await aim(session, row, true)) {
        await session.look(false);
        await sleep(tick, signal);
        const seen = prober.take();
        weigh(session, row, seen);
        judge(session, seen);
      }
    } finally {
      prober.stop();
      users?.stop();
    }
  });
}
