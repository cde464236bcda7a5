import type { Cluster } from '../core/kubernetes/index.ts';
import { Analysis, Watchdog } from '../core/statistics/index.ts';
import type { Journal } from './journal.ts';
import type { Options } from './options.ts';
import type { Plan } from './preflight.ts';
import { Prober, type Side } from './prober.ts';
import { routerOf } from './routers/all.ts';
import type { Router } from './routers/router.ts';
import { type RolloutState, writeState } from './state.ts';
import { WarmUp } from './warm-up.ts';

/** One rollout under way: what its parts share. */
export class Session {
  readonly cluster: Cluster;
  readonly options: Options;
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly journal: Journal;
  readonly prober: Prober;
  /** New against old. */
  readonly analysis: Analysis;
  /** What users see through the router, and what the old pods alone give. */
  readonly routed: Watchdog;
  readonly old: Watchdog;
  /** Which pods count yet. */
  readonly warmUp: Readonly<Record<Side, WarmUp>>;
  #state: RolloutState;

  constructor(parts: {
    cluster: Cluster;
    options: Options;
    plan: Plan;
    signal: AbortSignal;
    journal: Journal;
    state: RolloutState;
  }) {
    const { options, plan } = parts;
    this.cluster = parts.cluster;
    this.options = options;
    this.plan = plan;
    this.signal = parts.signal;
    this.journal = parts.journal;
    this.#state = parts.state;
    this.prober = new Prober(parts.cluster, { checks: options.probes, port: plan.port, rate: options['probe-rate'] });
    const { alpha, beta, tolerance, steps } = options;
    this.analysis = new Analysis({ alpha, beta, tolerance, steps: steps.filter(weight => weight < 100).length });
    const warmUp = options['warm-up'];
    this.warmUp = { canary: new WarmUp(warmUp), baseline: new WarmUp(warmUp, { firstAreWarm: true }) };
    this.routed = new Watchdog(options);
    this.old = new Watchdog(options);
  }

  get state(): RolloutState {
    return this.#state;
  }

  get router(): Router | undefined {
    return this.#state.router && routerOf(this.cluster, this.#state.workload, this.#state.router);
  }

  /** Writes down what is about to be done, before it is done. */
  async save(change: Partial<RolloutState>): Promise<void> {
    this.#state = { ...this.#state, ...change };
    this.#state = await writeState(this.cluster, this.#state, this.signal);
  }
}
