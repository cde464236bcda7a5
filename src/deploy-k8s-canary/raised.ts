import type { KubeObject, PatchOperation } from '../core/kubernetes/index.ts';

/** A Deployment has at least as many pods again. More stay: an autoscaler may want them by now. */
export function raised(deployment: KubeObject, replicas: number): PatchOperation[] | undefined {
  if ((deployment['spec'].replicas ?? 1) >= replicas) return undefined;
  return [{ op: 'replace', path: '/spec/replicas', value: replicas }];
}
