import type { WorkloadKind, WorkloadName } from '../core/kubernetes/index.ts';

/** Kinds whose pods are divided by themselves: none of another release can stand beside them. */
export type SetKind = Exclude<WorkloadKind, 'Deployment'>;

/** Whatever is about a workload: a state, a situation, an outcome. Without a kind it is a Deployment. */
export interface OfWorkload {
  readonly kind?: WorkloadKind;
  readonly workload: string;
}

export function targetOf({ kind = 'Deployment', workload }: OfWorkload): WorkloadName {
  return { kind, name: workload };
}

/** `StatefulSet/db`: how it is named in logs, errors and records. */
export function titleOf({ kind = 'Deployment', workload }: OfWorkload): string {
  return `${kind}/${workload}`;
}
