import { equals, type Matcher, oneOf } from '../../core/prometheus-selector.ts';

/** The labels by which Prometheus names a pod. */
export interface PodLabels {
  readonly namespace: string;
  readonly pod: string;
}

/** Series of these pods alone. */
export function matchersOf(labels: PodLabels, namespace: string, pods: readonly string[]): Matcher[] {
  return [equals(labels.namespace, namespace), oneOf(labels.pod, pods)];
}
