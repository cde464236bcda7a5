import { SlipwayError } from '../core/errors.ts';
import { type Cluster, type KubeObject, nameOf } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { drive, type Wheel } from './drive.ts';
import { proveImage } from './identity.ts';
import type { Journal } from './journal.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { type Plan, preflight } from './preflight.ts';
import { recover } from './recover.ts';
import { differing, type Request, requestOf } from './request.ts';
import { resumed } from './resume.ts';
import { waitForRollout } from './rollout.ts';
import { isUnfinished, newState, type RolloutState, readState, type UnderWay } from './state.ts';
import { takeWheel } from './take-wheel.ts';
import { targetOf, titleOf } from './target.ts';
import { workOf } from './work.ts';

/** What a deployment is going to do. */
export interface Prepared {
  readonly request: Request;
  /** Undefined where a rollout that a dead run left behind is gone on with. */
  readonly plan: Plan | undefined;
  /** The last rollout's, as it was found. */
  readonly state: RolloutState | undefined;
}

/** What is going to be done, found before the lock and before any write, so that what is wrong is said at once. */
export async function prepareDeploy(
  cluster: Cluster,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
): Promise<Prepared> {
  const request = await requestOf(options, cluster.namespace);
  const { workload } = options;
  const left = workload === undefined ? undefined : await readState(cluster, workload, signal);
  refuseOtherWay(left, options);
  const plan = goesOn(left, options, request)
    ? undefined
    : await journal.span('preflight', () => preflight(cluster, options, signal));
  return { request, plan, state: left ?? plan?.situation.state };
}

/** Deploys: preflight, lease, what a dead run left behind, rollout, and the way back when the release is not good. */
export async function deploy(
  cluster: Cluster,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
  prepared?: Prepared,
): Promise<Outcome> {
  const { request, plan: planned } = prepared ?? (await prepareDeploy(cluster, options, journal, signal));
  let plan = planned;
  const workload = plan?.situation.workload ?? options.workload!.name;
  return takeWheel(cluster, workload, { options, journal, signal }, async wheel => {
    const { file, lease } = wheel;
    const guarded = wheel.cluster;
    const state = file.state;
    if (goesOn(state, options, request)) return drive(ofSteps(wheel, state), resumed(state, options, journal));
    if (isUnfinished(state)) {
      await recover(file, state, lease.expiredHolder, { signal: AbortSignal.any([signal, lease.lost]), journal });
      plan = undefined;
    }
    plan ??= await preflight(guarded, options, signal);
    const kind = plan.kind;
    if (kind === 'unchanged') return unchanged(guarded, plan, options, signal);
    for (const note of plan.findings.notes) journal.note(note);
    const begun = stateOf({ ...plan, kind }, request, options, lease.holder);
    return drive(ofSteps(wheel, begun), begun, plan.situation);
  });
}

/** Where pods are divided by themselves the steps are those that their number allows. */
function ofSteps(wheel: Wheel, { kind, strategy, steps }: RolloutState): Wheel {
  return kind === undefined || strategy === 'rolling' ? wheel : { ...wheel, options: { ...wheel.options, steps } };
}

/** A rollout goes on, and back, the way that it came. */
function refuseOtherWay(left: RolloutState | undefined, { rendered }: Options): void {
  if (!isUnfinished(left) || (left.render === undefined) === (rendered === undefined)) return;
  const mode = left.render === undefined ? 'deploy' : 'render';
  throw new SlipwayError('OTHER_WAY', `the unfinished rollout of ${left.image} was begun by mode: ${mode}`, {
    hint: `Run mode: ${mode} or \`mode: abort\` first. Nothing was changed.`,
  });
}

/** Whether a rollout that a dead run left behind is gone on with: it is the same that is asked for now. */
function goesOn(state: RolloutState | undefined, options: Options, request: Request): state is UnderWay {
  if (!isUnfinished(state) || state.progress === undefined) return false;
  const same = differing(state.progress.request, request).length === 0;
  if (same && state.phase === 'paused')
    throw new SlipwayError('PAUSED', `the rollout of ${state.image} is held at ${state.weight} %: ${state.reason}`, {
      hint: 'Run with `mode: resume`, `promote` or `abort`. Nothing was changed.',
    });
  return same && options['on-dead-run'] === 'resume' && (state.phase === 'progressing' || state.phase === 'promoting');
}

export async function unchanged(
  cluster: Cluster,
  { situation }: Plan,
  options: Options,
  signal: AbortSignal,
): Promise<Outcome> {
  const { kind, workload, container, image, previous } = situation;
  const target = targetOf(situation);
  log.info(`Nothing to do: ${titleOf(situation)} already is what it should be (${image}).`);
  // who follows git may have brought it a moment ago
  if (options.rendered !== undefined) await waitForRollout(cluster, target, { within: options.timeout, signal });
  const identity = await proveImage(cluster, target, container, image, options.digests, signal);
  return {
    state: 'unchanged',
    kind,
    workload,
    release: options.releaseId || image,
    image,
    previous,
    changed: false,
    identity,
  };
}

function stateOf(
  plan: Plan & { kind: 'first' | 'rolling' | 'canary' },
  request: Request,
  options: Options,
  holder: string,
): UnderWay {
  const { kind, situation, router } = plan;
  const { workload, container, live, image, previous, state } = situation;
  const first = kind === 'first';
  const started = new Date().toISOString();
  const copies = [...new Set([...(state?.copies ?? []), ...[...situation.copies.keys()].map(nameOf)])];
  return newState({
    ...(situation.kind === 'Deployment' ? {} : { kind: situation.kind }),
    workload,
    container,
    strategy: kind === 'canary' ? options.strategy : 'rolling',
    release: options.releaseId || image,
    image,
    previous: first ? '' : previous,
    previousRelease: first
      ? ''
      : state?.phase === 'rolled-back'
        ? state.previousRelease || previous
        : state?.release || previous,
    ...(first || live === undefined ? {} : { former: formerOf(live) }),
    ...(router === undefined ? {} : { router: router.state }),
    ...(copies.length === 0 ? {} : { copies }),
    ...(options.rendered === undefined ? {} : { render: { base: options.rendered.base } }),
    ...(options.whole === undefined ? {} : { whole: options.whole }),
    steps: kind === 'canary' ? (plan.steps ?? options.steps) : [100],
    by: options.by,
    started,
    holder,
    progress: { request, work: workOf(plan, started), applied: false, step: 0, watched: 0, spent: 0, rows: [] },
  });
}

function formerOf({ spec }: KubeObject): NonNullable<RolloutState['former']> {
  const { template, replicas = 1, updateStrategy } = spec;
  return { template, replicas, ...(updateStrategy === undefined ? {} : { updateStrategy }) };
}
