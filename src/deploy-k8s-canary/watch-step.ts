import { sleep } from '../core/deadline.ts';
import { explainPod, type KubeObject, type Trouble, troubleOf, viewPod } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { blindAt, blindAtEnd } from './blind.ts';
import type { Count } from './ensure-beside.ts';
import type { StepRow } from './journal.ts';
import { Pace, sourcesOf } from './pace.ts';
import { progress } from './progress.ts';
import { podFailure, type RolloutError } from './rollout-error.ts';
import type { Session } from './session.ts';
import { sidesOf } from './sides.ts';
import { Split, usersSplit } from './split.ts';
import { marking } from './step-row.ts';
import { judge, weigh } from './weigh.ts';

/** Milliseconds from look to look. */
export const tick = 1000;
const sayEvery = 5000;

interface Watch {
  /** Whether the new pods are the canary's, or the workload's own. */
  readonly canary: boolean;
  /** Whether it may end as soon as its evidence allows (steps: auto). */
  readonly hurry?: boolean;
  /** Done at every look, with how many pods of each side are warm. */
  readonly each?: (warm: Count) => Promise<void>;
}

/** Watches one step for its time: pods, own requests, evidence. Throws a RolloutError as soon as the release must go back. */
export function watchStep(session: Session, row: StepRow, duration: number, options: Watch): Promise<void> {
  return marking(row, () => watch(session, row, duration, options));
}

async function watch(session: Session, row: StepRow, duration: number, options: Watch): Promise<void> {
  const { prober, signal } = session;
  const { metrics } = session.plan;
  const sources = sourcesOf(metrics, session.asksPods, session.options.tolerance, row.weight || (row.mirrored ?? 0));
  const byUsers = usersDivided(session, options.canary);
  const split = new Split(row.weight, byUsers !== undefined);
  const pace = options.hurry ? new Pace(sources) : undefined;
  const copies = row.weight === 0;
  let said = Date.now();
  await aim(session, row, options.canary);
  const until = Date.now() + duration;
  prober.take();
  prober.start();
  session.users?.start();
  try {
    if (options.canary) await session.look(false);
    for (let left = duration; left > 0 || blindAtEnd(session, row) !== undefined; left = until - Date.now()) {
      await sleep(left > 0 ? Math.min(tick, Math.max(50, left)) : tick, signal);
      await options.each?.(await aim(session, row, options.canary));
      const seen = prober.take();
      const counted = weigh(session, row, seen);
      split.add(byUsers === undefined ? seen.split : usersSplit(counted, byUsers));
      row.observed = copies ? split.copied : split.share;
      judge(session, seen);
      if (!copies && session.router !== undefined) split.judge();
      pace?.add(counted);
      if (options.canary) await session.look(true);
      const told = session.router === undefined || row.weight === 0 || split.judged || split.share === undefined;
      if (told && blindAt(session, row) === undefined && pace?.allows(row.harm)) break;
      if (Date.now() - said >= sayEvery) {
        said = Date.now();
        log.info(progress(row, session.journal.metrics));
      }
    }
    row.verdict = 'passed';
    if (session.router !== undefined && row.weight > 0 && row.weight < 100 && !split.judged) unobserved(session, row);
  } finally {
    prober.stop();
    session.users?.stop();
  }
}

/**
 * The metric whose requests show how users are divided: only where a route has weights, as connections that are kept hide the
 * ratio of pods, and where no own requests are among what pods count.
 */
function usersDivided({ plan, asksPods, router, state }: Session, canary: boolean): string | undefined {
  if (state.router?.baseline !== undefined) return undefined; // most users are on old pods that are not compared
  const weights = router?.kind === 'gateway' || router?.kind === 'traefik' || router?.kind === 'istio';
  return canary && weights && !asksPods ? plan.metrics.find(({ measure }) => measure !== undefined)?.name : undefined;
}

/** Read back is not seen: what the data plane makes of a weight is known only by answers of both releases that differ. */
function unobserved({ journal }: Session, row: StepRow): void {
  row.verdict = 'passed; split not observed';
  const why = 'too few requests could be told apart by release';
  const note = `The split at ${row.weight} % was read back, but not observed: ${why}.`;
  if (!journal.notes.includes(note)) journal.note(note);
}

/** Looks at the pods of both sides, and asks the ready ones from now on. How many of each are warm. */
export async function aim(session: Session, row: StepRow, canary: boolean): Promise<Count> {
  const { cluster, state, signal, prober, plan } = session;
  const { fresh, old, others } = await sidesOf(cluster, state, canary, signal);
  const worse = session.signals.add(fresh, old, performance.now());
  const trouble = fresh.map(troubleOf).find(one => one?.final) ?? worse;
  if (trouble !== undefined) throw await failureOf(session, trouble);
  const ready = (pods: readonly KubeObject[]) => pods.filter(pod => viewPod(pod).ready);
  const image = plan.situation.image;
  const mine = ready(fresh).filter(pod => viewPod(pod).containers.some(one => one.image === image));
  row.ready = mine.length;
  const names = (pods: readonly KubeObject[]) => pods.map(({ metadata }) => metadata.name);
  const pods = { canary: names(mine), baseline: names(ready(old)), serving: names(ready(others)) };
  const now = performance.now();
  const warm = session.warmUp.canary.warmOf(mine, now);
  const warmOld = session.warmUp.baseline.warmOf(ready(old), now);
  const counted = new Set([...names(warm), ...names(warmOld)]);
  prober.aim(pods, state.weight > 0, counted);
  session.users?.aim(pods.canary, pods.baseline, counted);
  return { canary: warm.length, baseline: warmOld.length };
}

async function failureOf({ cluster, signal }: Session, trouble: Trouble): Promise<RolloutError> {
  return podFailure(trouble, await explainPod(cluster, trouble, signal));
}
