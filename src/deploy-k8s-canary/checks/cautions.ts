import type { KubeObject } from '../../core/kubernetes/index.ts';
import type { Asked } from './pod-resources.ts';

interface Container {
  readonly name: string;
  readonly readinessProbe?: object;
  readonly livenessProbe?: object;
  readonly startupProbe?: object;
}

/** What is allowed, but makes a release less safe than it could be. Pure. */
export function cautions(template: KubeObject, asked: readonly Asked[]): string[] {
  return (template['spec'].containers as Container[]).flatMap(({ name, readinessProbe, livenessProbe }, index) => {
    const { limits, requests } = asked[index]!;
    return [
      ...(readinessProbe === undefined
        ? [`container ${name} has no readinessProbe: its pods get traffic as soon as they have started`]
        : []),
      ...(livenessProbe === undefined ? [`container ${name} has no livenessProbe: when it hangs, it stays so`] : []),
      ...(limits['memory'] === undefined
        ? [`container ${name} has no memory limit: it can take the memory of the others on its node`]
        : []),
      ...(requests['cpu'] === undefined && requests['memory'] === undefined
        ? [`container ${name} requests neither cpu nor memory: its pods are the first to be evicted`]
        : []),
    ];
  });
}
