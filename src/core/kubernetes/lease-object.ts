import type { KubeObject } from './objects.ts';

/** https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/lease-v1/ */
export interface LeaseObject extends KubeObject {
  spec: {
    holderIdentity?: string;
    leaseDurationSeconds?: number;
    acquireTime?: string;
    renewTime?: string;
    leaseTransitions?: number;
  };
}

export function leasePath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
}

/** @param duration milliseconds */
export function leaseSpec(holder: string, duration: number, transitions: number): LeaseObject['spec'] {
  const now = nowForLease();
  return {
    holderIdentity: holder,
    leaseDurationSeconds: Math.ceil(duration / 1000),
    acquireTime: now,
    renewTime: now,
    leaseTransitions: transitions,
  };
}

/** The API wants microseconds. */
export function nowForLease(): string {
  return new Date().toISOString().replace('Z', '000Z');
}
