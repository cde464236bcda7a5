import { sleep } from '../core/deadline.ts';
import { probe } from '../core/health/probe.ts';
import { log } from '../core/log.ts';
import { applyWorkload } from './apply-release.ts';
import { type Identity, proveImage } from './identity.ts';
import { follow } from './rollback.ts';
import { waitForRollout } from './rollout.ts';
import type { Session } from './session.ts';
import { unstick } from './sets/unstick.ts';
import { marking, rowOf } from './step-row.ts';
import { targetOf, titleOf } from './target.ts';
import { watchStep } from './watch-step.ts';

/** The workload's own rolling update, watched: pods as they come, then own requests for one step's time where there are probes. */
export async function rollingRollout(session: Session): Promise<Identity> {
  const { cluster, plan, signal, state, options, journal } = session;
  const { situation } = plan;
  const row = rowOf(journal, 100);
  row.share = 'all pods';
  await session.save({ phase: 'promoting', weight: 100 });
  await journal.span(`rolling out ${titleOf(state)}`, () =>
    marking(row, async () => {
      await applyWorkload(cluster, situation, signal);
      await waitForRollout(cluster, targetOf(state), {
        within: options.timeout,
        signal,
        onProgress: line => log.info(`  ${line}`),
        ...(state.kind === undefined ? {} : { each: set => unstick(cluster, set, signal) }),
      });
    }),
  );
  await sleep(follow, signal);
  if (plan.kind === 'first' && options.probes.length > 0)
    await journal.span('waiting for the first answers', () => firstAnswers(session));
  if (options.probes.length > 0)
    await journal.span('watching', () => watchStep(session, row, options['step-duration'], { canary: false }));
  else row.verdict = 'ready; no probes were given';
  return proveImage(cluster, targetOf(state), situation.container, situation.image, options.digests, signal);
}

const firstWithin = 30_000;

/** A Service or a route that is new is known everywhere only after a moment. What never answers is found by the watch that follows. */
async function firstAnswers({ options, signal }: Session): Promise<void> {
  const until = Date.now() + firstWithin;
  await Promise.all(
    options.probes.map(async check => {
      for (;;) {
        const seen = await probe(check, { timeout: 5000, signal });
        if (seen.ok) return;
        if (Date.now() > until) return log.warning(`${check.name} does not answer as it should: ${seen.detail}`);
        await sleep(250, signal);
      }
    }),
  );
}
