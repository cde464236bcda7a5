import { selectorText } from '../../core/prometheus-selector.ts';
import type { Count } from '../../core/statistics/index.ts';
import type { Measure } from './measure.ts';
import { PodCounter } from './pod-counter.ts';
import { matchersOf, type PodLabels } from './pods-of.ts';
import type { Prometheus } from './prometheus.ts';
import type { Series } from './series.ts';

/** Where a look is taken. */
export interface View {
  readonly prometheus: Prometheus;
  readonly namespace: string;
  readonly labels: PodLabels;
  readonly groupBy: readonly string[];
}

/** What a pod counted since the look before, and what is odd about it. */
export interface PodSeen {
  readonly pod: string;
  readonly groups: ReadonlyMap<string, Count>;
  readonly trouble?: string | undefined;
}

/** The pods of a metric, looked at again and again. */
export class Counters {
  readonly measure: Measure;
  readonly #view: View;
  readonly #pods = new Map<string, PodCounter>();

  constructor(measure: Measure, view: View) {
    this.measure = measure;
    this.#view = view;
  }

  /**
   * @param counted the pods whose requests count
   * @param seconds how far back: to before the look before
   * @returns the pods that were scraped since
   */
  async look(
    pods: readonly string[],
    counted: ReadonlySet<string>,
    seconds: number,
    signal: AbortSignal,
  ): Promise<PodSeen[]> {
    const { prometheus, namespace, labels } = this.#view;
    const { denominator, numerator } = this.measure;
    const only = matchersOf(labels, namespace, pods);
    // one after the other: what the second answer has of a scrape that the first one knows is then complete
    const all = await prometheus.raw(selectorText(denominator, only), seconds, signal);
    const some = await prometheus.raw(selectorText(numerator, only), seconds, signal);
    return pods.flatMap(pod => {
      const of = (series: readonly Series[]) => series.filter(one => one.labels[labels.pod] === pod);
      const seen = this.#counterOf(pod).add(of(all), of(some), counted.has(pod));
      return seen === undefined ? [] : [{ pod, ...seen }];
    });
  }

  /** What is counted of it begins anew: another pod has its name now. */
  forget(pod: string): void {
    this.#pods.delete(pod);
  }

  #counterOf(pod: string): PodCounter {
    const known = this.#pods.get(pod) ?? new PodCounter(this.measure, this.#view.groupBy);
    this.#pods.set(pod, known);
    return known;
  }
}
