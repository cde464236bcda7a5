import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Observation } from '../../core/statistics/index.ts';
import type { Side } from '../prober.ts';
import { Counters, type View } from './look.ts';
import type { Prepared } from './prepare.ts';
import { Rounds } from './rounds.ts';

/** Milliseconds from one look to the next; a scrape is found that much later. */
const every = 2000;
/** A metric that has nothing new of the new pods for so long is stale; five scrapes of a minute are the longest lookback of Prometheus. */
const staleAfter = 300_000;
/** How far back a look reads at the least, seconds, and how much further than to the look before. */
const [atLeast, beyond] = [120, 60];

interface Watched {
  readonly prepared: Prepared;
  readonly counters: Counters | undefined;
  readonly rounds: Rounds;
  /** When it last counted something of the new pods in this step. */
  seen: number | undefined;
}

/**
 * Users' requests as Prometheus tells of them, looked at again and again beside the own requests. What cannot be asked or has
 * nothing new is no evidence.
 */
export class Users {
  readonly #metrics: readonly Watched[];
  #pods: Record<Side, readonly string[]> = { canary: [], baseline: [] };
  #counted: ReadonlySet<string> = new Set();
  readonly #old = new Set<string>();
  #found: Observation[] = [];
  #failure: string | undefined;
  #answered = performance.now();
  #stop = new AbortController();
  readonly #said = new Set<string>();

  constructor(metrics: readonly Prepared[], view: View) {
    this.#metrics = metrics.map(prepared => ({
      prepared,
      counters: prepared.measure && new Counters(prepared.measure, view),
      rounds: new Rounds(),
      seen: undefined,
    }));
  }

  /** Whose requests to ask for from now on, and whose count; pods by name. */
  aim(canary: readonly string[], baseline: readonly string[], counted: ReadonlySet<string>): void {
    this.#pods = { canary, baseline };
    for (const pod of baseline) this.#old.add(pod);
    // a StatefulSet's new pod has the name of the old one, whose last requests are not its own
    for (const pod of canary)
      if (this.#old.delete(pod)) for (const { counters } of this.#metrics) counters?.forget(pod);
    this.#counted = counted;
  }

  start(): void {
    this.#stop = new AbortController();
    void this.#loop(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }

  /** A step has to see for itself: what was seen before was another weight. */
  beginStep(): void {
    for (const metric of this.#metrics) metric.seen = undefined;
  }

  /** What was counted since the last call. */
  take(): Observation[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /**
   * Why nobody may go on by what is known: Prometheus does not answer, or a metric has nothing new of the new pods.
   *
   * @param users whether users reach the new pods: before that there may be nothing to count
   */
  blind(users: boolean): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    if (!users) return undefined;
    const now = performance.now();
    const silent = this.#metrics.find(({ seen }) => seen === undefined || now - seen > staleAfter);
    return silent && `"${silent.prepared.name}" has nothing of the new pods at this weight`;
  }

  async #loop(signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await this.#look(signal);
        await pause(every, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const seconds = Math.max(atLeast, (now - this.#answered) / 1000 + beyond);
    try {
      for (const metric of this.#metrics) await this.#lookAt(metric, seconds, signal);
      if (this.#failure !== undefined) log.info('Prometheus answers again.');
      this.#failure = undefined;
      this.#answered = now;
    } catch (error) {
      if (signal.aborted) return;
      if (this.#failure === undefined)
        log.warning(`${messageOf(error)}. Until it answers, there is no evidence of users, for nor against.`);
      this.#failure = messageOf(error);
    }
  }

  async #lookAt(metric: Watched, seconds: number, signal: AbortSignal): Promise<void> {
    const { counters, prepared, rounds } = metric;
    const pods = this.#pods;
    const counted = this.#counted;
    const names = [...pods.canary, ...pods.baseline];
    if (counters === undefined || names.length === 0) return;
    for (const { pod, groups, trouble } of await counters.look(names, counted, seconds, signal)) {
      if (trouble !== undefined) this.#sayOnce(`"${prepared.name}" of pod ${pod}: ${trouble}.`);
      if (groups.size === 0) continue;
      const side = pods.canary.includes(pod) ? 'canary' : 'baseline';
      const now = performance.now();
      if (side === 'canary') metric.seen = now;
      rounds.add(side, pod, groups, now);
    }
    const of = (side: Side) => pods[side].filter(pod => counted.has(pod));
    const ticks = rounds.take({ canary: of('canary'), baseline: of('baseline') }, performance.now());
    const { phi, phiOf } = prepared.history;
    for (const [group, tick] of ticks ?? [])
      this.#found.push({ metric: prepared.name, group, tick, phi: phiOf[group] ?? phi });
  }

  #sayOnce(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    log.warning(line);
  }
}
