import type { KubeObject } from '../core/kubernetes/index.ts';

/** Labels of everything that a rollout makes; `track` tells its pods from the stable ones. */
export const labels = { workload: 'slipway/workload', track: 'slipway/track' } as const;

/** Names of the objects that belong to the rollout of a workload. */
export function namesOf(workload: string) {
  return {
    canary: `${workload}-canary`,
    /** Service of the new pods before users reach them (strategy blue-green). */
    preview: `${workload}-preview`,
    state: `slipway-${workload}`,
    lease: `slipway-${workload}`,
    canaryLabels: { [labels.workload]: workload, [labels.track]: 'canary' },
  };
}

/** Whether a rollout of ours made this object. */
export function isOurs(object: KubeObject, workload: string): boolean {
  const own = object.metadata.labels ?? {};
  return own[labels.workload] === workload && own[labels.track] === 'canary';
}
