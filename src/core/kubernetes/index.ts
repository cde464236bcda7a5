/** The Kubernetes client: load it by `await import('../core/kubernetes/index.ts')`, only when a cluster is really needed. */
export { ApiError, isApiError } from './api-error.ts';
export { type Cluster, type ConnectOptions, connectCluster, contentTypes } from './cluster.ts';
export { type KubeList, type KubeObject, nameOf, selectorText, selects } from './objects.ts';
export { type PodView, podsOfDeployment, viewPod } from './pods.ts';
export { corePath, deploymentPath, parseWorkload, type WorkloadName } from './workload.ts';
