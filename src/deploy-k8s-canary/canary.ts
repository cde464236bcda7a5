import { sleep } from '../core/deadline.ts';
import { deploymentPath, type KubeObject, patchObject } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { applyWorkload } from './apply-release.ts';
import { type Count, ensureBeside, larger } from './ensure-beside.ts';
import { type Identity, proveImage } from './identity.ts';
import { raised } from './raised.ts';
import { deleteCanary, drain } from './rollback.ts';
import { waitForRollout } from './rollout.ts';
import type { Session } from './session.ts';
import { marking, rowOf } from './step-row.ts';
import { targetOf } from './target.ts';
import { trackProbes } from './track-probes.ts';
import { copiedAt, direct } from './traffic.ts';
import { areWarm, waitWarm } from './wait-warm.ts';
import { type CanaryEnd, walk } from './walk.ts';
import { watchStep } from './watch-step.ts';

/** The canary, step by step, from where its state says. What throws here leaves the rollback to the caller. */
export async function canaryRollout(session: Session): Promise<CanaryEnd> {
  const router = session.router!;
  if (session.state.phase !== 'promoting') {
    const held = await walk(session, { full: router.full, step });
    if (held !== undefined) return held;
  }
  await promote(session);
  await (router.full ? endCanary(session, session.signal) : whileEnding(session, () => watchPromoted(session)));
  return { end: 'promoted', identity: await prove(session) };
}

/** One weight: pods first, until they are warm, then traffic (or copies of it), then time. */
async function step(session: Session, index: number): Promise<void> {
  const { journal, signal, options } = session;
  const weight = options.steps[index]!;
  const blueGreen = options.strategy === 'blue-green';
  const router = session.router!;
  const mirrored = copiedAt(session, weight);
  const load = mirrored || weight;
  const countFor = (old: number): Count => ({
    canary: blueGreen ? old : router.podsFor(load, old),
    baseline: router.podsFor(mirrored || Math.min(weight, 50), old), // above the half its share falls, and its pods stay
  });
  let replicas = await stableReplicas(session);
  let pods = countFor(replicas);
  const row = rowOf(journal, weight);
  if (mirrored > 0) row.mirrored = mirrored;
  session.analysis.beginStep(index);
  const watched = await session.beginStep(index);
  const marked = <T>(task: () => Promise<T>) => marking(row, task);
  await journal.span(`${weight} %: pods of the new release`, async () => {
    await marked(() => ensureBeside(session, pods));
    await trackProbes(session);
    await waitWarm(session, row, pods);
  });
  await journal.span(`${weight} %: ${mirrored > 0 ? 'copies of the traffic' : 'traffic'}`, async () => {
    row.share = await marked(() => direct(session, row));
    log.info(`  ${row.share}`);
  });
  session.users?.beginStep();
  let scaled = false;
  const length = options[blueGreen && weight === 100 ? 'keep-old' : 'step-duration'];
  const duration = mirrored > 0 ? (options.mirror?.duration ?? length) : length;
  await journal.span(`${weight} %: watching`, () =>
    watchStep(session, row, Math.max(0, duration - watched), {
      canary: true,
      hurry: options.auto && weight < 100 && mirrored === 0,
      each: async warm => {
        const now = await stableReplicas(session);
        if (now !== replicas) {
          journal.note(
            `${weight} %: the workload was scaled from ${replicas} to ${now} pods; the share is made again.`,
          );
          replicas = now;
          pods = larger(pods, countFor(now));
          await ensureBeside(session, pods);
          scaled = weight > 0;
        } else if (scaled && areWarm(session, warm, pods)) {
          row.share = await router.shift(weight, signal);
          scaled = false;
        }
      },
    }),
  );
  log.info(`${weight} % passed: ${session.analysis.evidence.reason}`);
}

/** How many old pods there are to be now; an autoscaler may change it at any time. */
async function stableReplicas({ cluster, state, signal }: Session): Promise<number> {
  const path = deploymentPath(cluster.namespace, state.workload);
  return (await cluster.request<KubeObject>('GET', path, { signal }))['spec'].replicas ?? 1;
}

/** The stable Deployment takes the new release, and the traffic goes back to it. */
async function promote(session: Session): Promise<void> {
  const { cluster, journal, plan, signal, state } = session;
  const { situation } = plan;
  const path = deploymentPath(cluster.namespace, state.workload);
  await session.save({ phase: 'promoting', weight: 100 });
  await journal.span('100 %: the workload takes the new release', async () => {
    const { replicas } = state.router!;
    if (state.router!.kind === 'service') await patchObject(cluster, path, now => raised(now, replicas), signal);
    await applyWorkload(cluster, situation, signal);
    await waitForRollout(cluster, targetOf(state), {
      within: session.options.timeout,
      signal,
      onProgress: line => log.info(`  ${state.workload}: ${line}`),
    });
  });
  if (session.router!.full) await warmWorkload(session);
  await journal.span('100 %: traffic to the workload', () => session.router!.restore(signal));
}

/** All of the workload's pods are available since this moment at the latest; the canary's serve as long as they are not warm. */
async function warmWorkload(session: Session): Promise<void> {
  const { journal, options } = session;
  if (options['warm-up'] === 0) return;
  await journal.span('100 %: the workload’s pods get warm', () =>
    watchStep(session, rowOf(journal, 100), options['warm-up'], { canary: false }),
  );
}

/** Connections get their time to end; then the canary goes. */
async function endCanary({ cluster, journal, state }: Session, signal: AbortSignal): Promise<void> {
  await sleep(drain, signal);
  await journal.span('deleting the canary', () => deleteCanary(cluster, state, signal));
}

/** Does something while the canary ends. When it fails, the canary is left to the rollback. */
async function whileEnding(session: Session, task: () => Promise<void>): Promise<void> {
  const failed = new AbortController();
  const ended = endCanary(session, AbortSignal.any([session.signal, failed.signal]));
  ended.catch(() => undefined); // it is awaited below
  try {
    await task();
  } catch (error) {
    failed.abort(error);
    await ended.catch(() => undefined);
    throw error;
  }
  await ended;
}

function prove({ cluster, plan, signal, state, options }: Session): Promise<Identity> {
  const { container, image } = plan.situation;
  return proveImage(cluster, targetOf(state), container, image, options.digests, signal);
}

/** Behind a plain Service the last step is the rollout itself; it is watched when it is done, without a baseline. */
async function watchPromoted(session: Session): Promise<void> {
  const row = rowOf(session.journal, 100);
  row.share = 'all pods';
  await session.journal.span('100 %: watching', () =>
    watchStep(session, row, session.options['step-duration'], { canary: false }),
  );
}
