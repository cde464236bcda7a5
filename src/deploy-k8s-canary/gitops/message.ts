import type { Cluster } from '../../core/kubernetes/index.ts';

/** What a commit is about. */
export interface Release {
  readonly workload: string;
  /** The record's version, else the image. */
  readonly id: string;
  readonly image: string;
}

/** Subject and body of a step's commit: service, version, digest, step. */
export function messageOf(
  { workload, id, image }: Release,
  { contextName, namespace }: Pick<Cluster, 'contextName' | 'namespace'>,
  step: string,
  change: string,
): [string, ...string[]] {
  const version = id === image || id === '' ? (image.split('@')[1]?.slice(0, 19) ?? image) : id;
  return [
    `deploy ${workload} ${version}: ${step}`,
    change,
    '',
    `Service: Deployment/${workload} in ${contextName}/${namespace}`,
    `Version: ${version}`,
    `Image: ${image}`,
    `Step: ${step}`,
  ];
}
