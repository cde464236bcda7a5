import type { Selector } from '../../core/prometheus-selector.ts';
import { selectorText } from '../../core/prometheus-selector.ts';

/** What is counted of each pod, once it is known which series that takes. */
export interface Measure {
  readonly name: string;
  readonly numerator: Selector;
  readonly denominator: Selector;
  /** Whether the numerator counts what is bad, or what is good. */
  readonly better: 'lower' | 'higher';
  readonly tolerance: number;
  /**
   * Whether a numerator without series is 0. Only where it is the denominator with more matchers is that known: then a pod that
   * has the one has the other, or nothing of it to count.
   */
  readonly absentIsZero: boolean;
  /** Labels that the numerator goes by: a denominator without them cannot be divided by them. */
  readonly labels: readonly string[];
}

/** The same metric, chosen from by more labels. */
export function isPartOf(numerator: Selector, denominator: Selector): boolean {
  const own = new Set(numerator.matchers.map(one => selectorText({ metric: '', matchers: [one] })));
  const shared = denominator.matchers.every(one => own.has(selectorText({ metric: '', matchers: [one] })));
  return numerator.metric !== '' && numerator.metric === denominator.metric && shared;
}
