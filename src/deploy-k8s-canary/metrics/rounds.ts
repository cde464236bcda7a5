import { type Count, sum, type Tick } from '../../core/statistics/index.ts';
import type { Side } from '../prober.ts';

/** After so long (milliseconds) a round ends without the pods that have nothing to say. */
const patience = 30_000;

type Counts = ReadonlyMap<string, Count>;

/**
 * Puts together what pods counted, who are scraped at different times, until each has been heard: a tick that has only one side's
 * requests would say nothing of the other.
 */
export class Rounds {
  #heard: Record<Side, Map<string, Count>> = empty();
  readonly #pods: Record<Side, Set<string>> = { canary: new Set(), baseline: new Set() };
  #since: number | undefined;

  /** @param now milliseconds */
  add(side: Side, pod: string, groups: Counts, now: number): void {
    this.#since ??= now;
    this.#pods[side].add(pod);
    const heard = this.#heard[side];
    for (const [group, count] of groups) heard.set(group, sum(heard.get(group) ?? { requests: 0, errors: 0 }, count));
  }

  /**
   * The ticks of a round that is whole, by group.
   *
   * @param pods those whose requests count now
   */
  take(pods: Readonly<Record<Side, readonly string[]>>, now: number): ReadonlyMap<string, Tick> | undefined {
    const sides = (['canary', 'baseline'] as const).filter(side => side === 'canary' || pods[side].length > 0);
    if (sides.some(side => this.#pods[side].size === 0)) return undefined;
    const whole = sides.every(side => pods[side].every(pod => this.#pods[side].has(pod)));
    if (!whole && now - this.#since! < patience) return undefined;
    const { canary, baseline } = this.#heard;
    const none = { requests: 0, errors: 0 };
    const groups = new Set([...canary.keys(), ...baseline.keys()]);
    const ticks = [...groups].map(
      group => [group, { canary: canary.get(group) ?? none, baseline: baseline.get(group) ?? none }] as const,
    );
    this.#heard = empty();
    for (const heardOf of Object.values(this.#pods)) heardOf.clear();
    this.#since = undefined;
    return new Map(ticks);
  }
}

const empty = () => ({ canary: new Map<string, Count>(), baseline: new Map<string, Count>() });
