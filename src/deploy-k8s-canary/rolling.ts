import { log } from '../core/log.ts';
import { applyWorkload } from './apply-release.ts';
import { newRow } from './canary.ts';
import { type Identity, proveImage } from './identity.ts';
import { waitForRollout } from './rollout.ts';
import type { Session } from './session.ts';
import { watchStep } from './watch-step.ts';

/** The Deployment's own rolling update, watched: pods as they come, then own requests for one step's time where there are probes. */
export async function rollingRollout(session: Session): Promise<Identity> {
  const { cluster, plan, signal, state, options, journal } = session;
  const { situation } = plan;
  const row = { ...newRow(100), share: 'all pods' };
  journal.rows.push(row);
  await session.save({ phase: 'promoting', weight: 100 });
  try {
    await journal.span(`rolling out Deployment/${state.workload}`, async () => {
      await applyWorkload(cluster, situation, signal);
      await waitForRollout(cluster, state.workload, {
        within: options.timeout,
        signal,
        onProgress: line => log.info(`  ${line}`),
      });
    });
  } catch (error) {
    row.verdict = 'failed';
    throw error;
  }
  if (options.probes.length > 0)
    await journal.span('watching', () => watchStep(session, row, options['step-duration'], { canary: false }));
  else row.verdict = 'ready; no probes were given';
  return proveImage(cluster, state.workload, situation.container, situation.image, options.digests, signal);
}
