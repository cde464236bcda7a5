/** The Kubernetes client: load it by `await import('../core/kubernetes/index.ts')`, only when a cluster is really needed. */
export { ApiError, isApiError } from './api-error.ts';
export {
  deleteObject,
  fieldManager,
  getObject,
  type PatchOperation,
  patchObject,
  pointer,
  serverSideApply,
  untilWon,
} from './apply.ts';
export { type Cluster, type ConnectOptions, connectCluster, contentTypes } from './cluster.ts';
export { explainPod } from './explain.ts';
export { fenced } from './fenced.ts';
export type { HeldLease } from './held-lease.ts';
export { Kinds } from './kinds.ts';
export { acquireLease } from './lease.ts';
export { type KubeList, type KubeObject, nameOf, selectorText, selects } from './objects.ts';
export { observeLease } from './observe-lease.ts';
export { notRolledOut, otherKind, otherWorkloads } from './other-workloads.ts';
export { missingPermissions, type Permission, permissions, requirePermissions } from './permissions.ts';
export { notReady, type Trouble, troubleOf } from './pod-trouble.ts';
export { imageDigest, type PodView, podsOfDeployment, podsOfWorkload, viewPod } from './pods.ts';
export { parseQuantity } from './quantity.ts';
export { explainRefusal } from './refusal.ts';
export {
  corePath,
  deploymentPath,
  parseWorkload,
  type WorkloadKind,
  type WorkloadName,
  workloadPath,
} from './workload.ts';
