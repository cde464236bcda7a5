import type { Cluster } from '../../core/kubernetes/index.ts';
import type { Options } from '../options.ts';
import type { View } from './look.ts';
import { Prometheus } from './prometheus.ts';
import { headersOf } from './source.ts';

/** The Prometheus of the inputs; undefined where none is given. */
export function viewOf(cluster: Cluster, options: Options): View | undefined {
  const place = options['prometheus-url'];
  if (place === undefined) return undefined;
  const headers = headersOf(options['prometheus-headers'], options['prometheus-token']);
  const [namespace, pod] = options['pod-labels'] as [string, string];
  return {
    prometheus: new Prometheus(place, headers, cluster),
    namespace: cluster.namespace,
    labels: { namespace, pod },
    groupBy: options['group-by'],
  };
}
