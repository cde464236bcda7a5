import type { KubeObject } from '../core/kubernetes/index.ts';

/** Labels of everything that a rollout makes; `track` tells its pods from the stable ones. */
export const labels = { workload: 'slipway/workload', track: 'slipway/track' } as const;

/** Names of the objects that belong to the rollout of a workload. */
export function namesOf(workload: string) {
  return {
    canary: `${workload}-canary`,
    /** Fresh pods of the old release, to compare with. */
    baseline: `${workload}-baseline`,
    /** Service of the new pods before users reach them (strategy blue-green). */
    preview: `${workload}-preview`,
    /** What copies requests (router traefik). */
    mirror: `${workload}-mirror`,
    state: `slipway-${workload}`,
    lease: `slipway-${workload}`,
    canaryLabels: { [labels.workload]: workload, [labels.track]: 'canary' },
    baselineLabels: { [labels.workload]: workload, [labels.track]: 'baseline' },
  };
}

/** Whether a rollout of ours made this object. */
export function isOurs(object: KubeObject, workload: string): boolean {
  const own = object.metadata.labels ?? {};
  return own[labels.workload] === workload && ['canary', 'baseline'].includes(own[labels.track]!);
}
