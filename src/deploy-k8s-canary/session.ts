import type { Cluster, KubeObject } from '../core/kubernetes/index.ts';
import { Analysis, ownRequests, type SavedAnalysis, type SavedWatchdog, Watchdog } from '../core/statistics/index.ts';
import { Interruption } from './interruption.ts';
import type { Journal } from './journal.ts';
import { LastWatch, type SavedLastWatch } from './metrics/last-watch.ts';
import { metricPlans } from './metrics/metric-plans.ts';
import { Users } from './metrics/users.ts';
import { viewOf } from './metrics/view.ts';
import type { Options } from './options.ts';
import { PodSignals } from './pod-signals.ts';
import { Prober, type Side } from './prober.ts';
import { routerOf } from './routers/all.ts';
import type { Router } from './routers/router.ts';
import type { Progress, RolloutState, UnderWay } from './state.ts';
import type { StateFile } from './state-file.ts';
import { plainRow } from './step-row.ts';
import { WarmUp } from './warm-up.ts';
import { planOf, type RolloutPlan } from './work.ts';

/** What a later run needs so that no evidence is lost. */
export interface SavedEvidence {
  readonly analysis: SavedAnalysis;
  readonly routed: SavedWatchdog;
  readonly old: SavedWatchdog;
  /** By metric. */
  readonly last?: SavedLastWatch;
}

/** Milliseconds between the writes of what was seen: a run that dies loses so much of the evidence at the most. */
const saveEvery = 2000;

/**
 * One rollout under way: what its parts share. Made from the state alone, at its beginning as well as when a later run goes on
 * with it.
 */
export class Session {
  readonly cluster: Cluster;
  readonly options: Options;
  readonly plan: RolloutPlan;
  readonly signal: AbortSignal;
  readonly journal: Journal;
  readonly file: StateFile;
  readonly prober: Prober;
  /** Users' requests by their metrics; undefined where none are read. */
  readonly users: Users | undefined;
  readonly lastWatch: LastWatch;
  /** New against old. */
  readonly analysis: Analysis;
  /** Whether own requests to the pods are compared. */
  readonly asksPods: boolean;
  /** What users see through the router, and what the old pods alone give, of which most users’ answers come. */
  readonly routed: Watchdog;
  readonly old: Watchdog;
  /** What befell pods that served. */
  readonly signals = new PodSignals();
  /** Which pods count yet. */
  readonly warmUp: Readonly<Record<Side, WarmUp>>;
  readonly #began = performance.now();
  readonly #spentBefore: number;
  #state: UnderWay;
  #saved = 0;
  #looked = 0;
  #watched: number;

  constructor(parts: {
    cluster: Cluster;
    options: Options;
    file: StateFile;
    /** The Deployment now; undefined before the first deploy. */
    live: KubeObject | undefined;
    signal: AbortSignal;
    journal: Journal;
    state: UnderWay;
  }) {
    const { options, state } = parts;
    const { progress } = state;
    this.cluster = parts.cluster;
    this.options = options;
    this.plan = planOf(state, progress.work, parts.live);
    this.signal = parts.signal;
    this.journal = parts.journal;
    this.file = parts.file;
    this.#state = state;
    this.#spentBefore = progress.spent;
    this.#watched = progress.watched;
    this.journal.rows.push(...structuredClone(progress.rows));
    const port = this.plan.port;
    this.prober = new Prober(parts.cluster, { checks: options.probes, port, rate: options['probe-rate'] });
    const { alpha, beta, tolerance, steps } = options;
    const saved = progress.evidence;
    const metrics = metricPlans(this.plan, options);
    const plan = { alpha, beta, tolerance, steps: steps.filter(weight => weight < 100).length, metrics };
    this.analysis = saved === undefined ? new Analysis(plan) : Analysis.restore(saved.analysis);
    if (saved !== undefined) this.journal.metrics = this.analysis.evidence.metrics;
    this.routed = new Watchdog(options, saved?.routed);
    this.old = new Watchdog(options, saved?.old);
    this.asksPods = metrics.some(({ name }) => name === ownRequests);
    const view = viewOf(parts.cluster, options);
    this.users = view && new Users(this.plan.metrics, view);
    this.lastWatch = new LastWatch(this.plan.metrics, alpha, saved?.last);
    const warmUp = options['warm-up'];
    const known = progress.warm ?? [];
    this.warmUp = {
      canary: new WarmUp(warmUp, { known }),
      baseline: new WarmUp(warmUp, state.router?.baseline === undefined ? { firstAreWarm: true } : { known }),
    };
  }

  get state(): UnderWay {
    return this.#state;
  }

  get router(): Router | undefined {
    return this.#state.router && routerOf(this.cluster, this.#state.workload, this.#state.router);
  }

  /** Writes down what is about to be done, before it is done; with it, what was seen so far. */
  async save(change: Partial<RolloutState>, progress: Partial<Progress> = {}): Promise<void> {
    const now = performance.now();
    const next = {
      ...this.#state,
      ...change,
      progress: {
        ...this.#state.progress,
        watched: Math.round(this.#watched),
        spent: Math.round(this.#spentBefore + now - this.#began),
        warm: [this.warmUp.canary, this.warmUp.baseline].flatMap(one => one.known(now)),
        rows: this.journal.rows.map(plainRow),
        evidence: {
          analysis: this.analysis.save(),
          routed: this.routed.save(),
          old: this.old.save(),
          last: this.lastWatch.save(),
        },
        ...progress,
      },
    };
    await this.file.write(next, this.signal);
    this.#state = next;
    this.#saved = now;
  }

  /** Somebody ends the waiting: from here on it is promoted, by whichever run. */
  async promoteByHand(by: string): Promise<void> {
    const why = `promoted by hand at ${this.#state.weight} %, by ${by}: ${this.analysis.evidence.reason}`;
    this.journal.note(`${why[0]!.toUpperCase()}${why.slice(1)}.`);
    await this.save({ reason: why }, { byHand: by });
    await this.file.clearOrder(this.signal);
  }

  /** A step begins, or goes on where another run was; how many milliseconds of it were watched already. */
  async beginStep(step: number): Promise<number> {
    const { progress } = this.#state;
    const goesOn = progress.step === step && progress.since !== undefined;
    if (!goesOn) this.#watched = 0;
    const since = goesOn ? progress.since! : new Date().toISOString();
    await this.save({}, { step, since });
    return this.#watched;
  }

  /**
   * To be called at every look of a step, first with `counts: false` where it begins: saves what was seen, and sees whether the
   * waiting is to end.
   *
   * @param counts whether the time since the last look counts as watched
   * @throws Interruption
   */
  async look(counts: boolean): Promise<void> {
    const now = performance.now();
    if (counts) this.#watched += now - this.#looked;
    this.#looked = now;
    const asked = await this.file.order(this.signal);
    if (asked !== undefined) throw new Interruption(asked.order === 'pause' ? 'paused' : 'promote', asked.by);
    const { 'max-runtime': most } = this.options;
    if (most !== undefined && now - this.#began >= most) throw new Interruption('progressing', this.options.by);
    if (now - this.#saved >= saveEvery) await this.save({});
  }
}
