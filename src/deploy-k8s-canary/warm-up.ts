import type { KubeObject } from '../core/kubernetes/index.ts';

/**
 * Which pods have been ready for so long that their answers count. Caches of a new pod are empty and its connections are yet to
 * be made: it would pass for a worse release. Goes by when a pod was first seen, as clocks of runner and cluster differ.
 */
export class WarmUp {
  readonly #duration: number;
  readonly #since = new Map<string, number>();
  #firstAreWarm: boolean;

  /**
   * @param firstAreWarm pods of the first look were there before the rollout
   * @param known pods that were warm already when the run before this one ended
   */
  constructor(
    duration: number,
    { firstAreWarm = false, known = [] }: { firstAreWarm?: boolean; known?: readonly string[] } = {},
  ) {
    this.#duration = duration;
    for (const name of known) this.#since.set(name, Number.NEGATIVE_INFINITY);
    this.#firstAreWarm = firstAreWarm;
  }

  /**
   * @param ready names of the pods that are ready now
   * @param now milliseconds
   */
  warm(ready: readonly string[], now: number): readonly string[] {
    const since = this.#firstAreWarm ? Number.NEGATIVE_INFINITY : now;
    if (ready.length > 0) this.#firstAreWarm = false;
    for (const name of ready) if (!this.#since.has(name)) this.#since.set(name, since);
    return ready.filter(name => now - this.#since.get(name)! >= this.#duration);
  }

  /** The same of pods: a StatefulSet's next one has the name of the one before, and begins anew. */
  warmOf(ready: readonly KubeObject[], now: number): readonly KubeObject[] {
    const keyOf = ({ metadata: { uid, name } }: KubeObject) => uid ?? name;
    const warm = new Set(this.warm(ready.map(keyOf), now));
    return ready.filter(pod => warm.has(keyOf(pod)));
  }

  /** Pods that were seen long enough, whether they are there any more or not. */
  known(now: number): string[] {
    return [...this.#since].filter(([, since]) => now - since >= this.#duration).map(([name]) => name);
  }
}
