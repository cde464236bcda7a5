import { SlipwayError } from '../core/errors.ts';
import { type KubeObject, nameOf } from '../core/kubernetes/index.ts';

interface Container {
  readonly name: string;
  readonly image?: string;
  readonly ports?: readonly { name?: string; containerPort: number }[];
}

export function containersOf(deployment: KubeObject): readonly Container[] {
  return deployment['spec']?.template?.spec?.containers ?? [];
}

/** The container whose image is meant: the named one, the only one, or the one named as the workload. */
export function chooseContainer(deployment: KubeObject, wanted: string | undefined): Container {
  const containers = containersOf(deployment);
  const names = containers.map(({ name }) => name).join(', ') || 'none';
  const only = containers.length === 1 ? containers[0] : undefined;
  const found =
    wanted === undefined
      ? (only ?? containers.find(({ name }) => name === deployment.metadata.name))
      : containers.find(({ name }) => name === wanted);
  if (found === undefined) {
    const why = wanted === undefined ? 'has several containers, none of its own name' : `has no container "${wanted}"`;
    throw new SlipwayError('CONTAINER_UNKNOWN', `${nameOf(deployment)} ${why}`, {
      hint: `Set the input "container" to one of: ${names}.`,
    });
  }
  return found;
}

/** A copy of the Deployment whose container has the image. */
export function withImage(deployment: KubeObject, container: string, image: string | undefined): KubeObject {
  const copy = structuredClone(deployment);
  for (const one of copy['spec'].template.spec.containers)
    if (one.name === container && image !== undefined) one.image = image;
  return copy;
}

export function imageOf(deployment: KubeObject | undefined, container: string): string {
  return (deployment && containersOf(deployment).find(({ name }) => name === container)?.image) ?? '';
}

/** The number of a Service's target port in the pods: itself, or what the container calls so. */
export function targetPort(
  service: KubeObject | undefined,
  deployment: KubeObject,
  container: string,
): number | undefined {
  const ports = containersOf(deployment).flatMap(({ ports = [] }) => ports);
  const target = service?.['spec']?.ports?.[0]?.targetPort ?? service?.['spec']?.ports?.[0]?.port;
  if (typeof target === 'number') return target;
  if (typeof target === 'string') return ports.find(({ name }) => name === target)?.containerPort;
  return containersOf(deployment).find(({ name }) => name === container)?.ports?.[0]?.containerPort;
}
