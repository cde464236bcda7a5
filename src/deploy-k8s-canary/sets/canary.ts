import { log } from '../../core/log.ts';
import { applyWorkload } from '../apply-release.ts';
import { proveImage } from '../identity.ts';
import { waitForRollout } from '../rollout.ts';
import type { Session } from '../session.ts';
import { marking, rowOf } from '../step-row.ts';
import { targetOf, titleOf } from '../target.ts';
import { waitWarm } from '../wait-warm.ts';
import { type CanaryEnd, walk } from '../walk.ts';
import { watchStep } from '../watch-step.ts';
import { bring, bringAgain, type Divided, wantedNow } from './divide.ts';
import { podsFor } from './shares.ts';
import { unstick } from './unstick.ts';

/**
 * A StatefulSet or DaemonSet step by step: some of its own pods take the new release, and are compared with the others. Users reach
 * a new pod as soon as it is ready: a set has no pods beside those that serve.
 */
export async function setCanary(session: Session): Promise<CanaryEnd> {
  if (session.state.phase !== 'promoting') {
    const held = await walk(session, { full: false, step });
    if (held !== undefined) return held;
  }
  await everyPod(session);
  const row = rowOf(session.journal, 100);
  row.share = 'all pods';
  await session.journal.span('100 %: watching', () =>
    watchStep(session, row, session.options['step-duration'], { canary: false }),
  );
  const { cluster, plan, signal, state, options } = session;
  const { container, image } = plan.situation;
  return {
    end: 'promoted',
    identity: await proveImage(cluster, targetOf(state), container, image, options.digests, signal),
  };
}

async function step(session: Session, index: number): Promise<void> {
  const { journal, options } = session;
  const weight = options.steps[index]!;
  const row = rowOf(journal, weight);
  session.analysis.beginStep(index);
  const watched = await session.beginStep(index);
  if (session.state.weight !== weight) await session.save({ weight });
  let divided: Divided;
  const toBeWarm = () => ({ canary: podsFor(weight, divided.wanted), baseline: 0 });
  /** The share again where there are to be more or fewer pods by now. */
  const again = async () => {
    const wanted = await wantedNow(session);
    if (wanted !== divided.wanted) {
      journal.note(
        `${weight} %: there are to be ${wanted} pods instead of ${divided.wanted}; the share is made again.`,
      );
      divided = await bringAgain(session, weight, wanted);
      row.share = shareText(divided);
      log.info(`  ${row.share}`);
    }
    return toBeWarm();
  };
  await journal.span(`${weight} %: pods of the new release`, () =>
    marking(row, async () => {
      divided = await bring(session, weight);
      row.share = shareText(divided);
      log.info(`  ${row.share}`);
      await waitWarm(session, row, toBeWarm(), again);
    }),
  );
  session.users?.beginStep();
  await journal.span(`${weight} %: watching`, () =>
    watchStep(session, row, Math.max(0, options['step-duration'] - watched), {
      canary: true,
      hurry: options.auto,
      each: async () => void (await again()),
    }),
  );
  log.info(`${weight} % passed: ${session.analysis.evidence.reason}`);
}

function shareText({ pods, wanted }: Divided): string {
  return `${pods} of ${wanted} pods`;
}

/** The set's own update strategy again: its controller replaces the rest. */
async function everyPod(session: Session): Promise<void> {
  const { cluster, journal, plan, signal, state, options } = session;
  const { situation } = plan;
  await session.save({ phase: 'promoting', weight: 100 });
  await journal.span('100 %: all pods take the new release', async () => {
    await applyWorkload(cluster, situation, signal, situation.desired['spec'].updateStrategy);
    await waitForRollout(cluster, targetOf(state), {
      within: options.timeout,
      signal,
      onProgress: line => log.info(`  ${titleOf(state)}: ${line}`),
      each: set => unstick(cluster, set, signal),
    });
  });
}
