import type { KubeObject } from '../../core/kubernetes/objects.ts';
import type { PodView } from '../../core/kubernetes/pods.ts';
import { short } from '../chain.ts';
import type { Look } from './subject.ts';

/** What was read from a cluster at one moment. */
export interface Sight {
  /** The workload: a Deployment, StatefulSet or DaemonSet. */
  readonly deployment: KubeObject;
  /** The pods that it owns. */
  readonly owned: readonly PodView[];
  /** Other pods behind the Services that select the Deployment's pods: a forgotten canary serves users too. */
  readonly beside: readonly PodView[];
}

/** What the pods must run. */
export interface Wanted {
  /** `repository@sha256:…` of the record's deployment. */
  readonly image: string;
  /** Digests of the index, its platforms and their configurations: runtimes report one or the other as imageID. */
  readonly digests: ReadonlySet<string>;
  /** The image before, as it was written; empty where there was none. */
  readonly previous: string;
  /** Repositories that the image was pushed to. */
  readonly repositories: readonly string[];
}

/** What the pods of a workload prove. Pure. */
export function judgePods({ deployment, owned, beside }: Sight, wanted: Wanted): Look {
  const spec = deployment['spec'];
  const status = deployment['status'] ?? {};
  const daemons = deployment.kind === 'DaemonSet';
  const replicas: number = daemons ? (status.desiredNumberScheduled ?? 0) : (spec.replicas ?? 1);
  const container = containerOf(spec.template.spec.containers, wanted);
  const seen = owned.map(pod => ({ pod, image: imageOf(pod, container) }));
  const atRest =
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0) &&
    (daemons
      ? status.updatedNumberScheduled === replicas && status.currentNumberScheduled === replicas
      : status.updatedReplicas === replicas && status.replicas === replicas);
  const evidence = {
    replicas,
    container,
    pods: seen.map(({ pod, image }) => ({
      name: pod.name,
      ready: pod.ready,
      deleting: pod.deleting,
      imageID: image?.imageID ?? '',
    })),
    ...(beside.length === 0 ? {} : { beside: beside.map(pod => pod.name) }),
  };
  const restarts = seen.reduce((sum, { image }) => sum + (image?.restarts ?? 0), 0);
  const anchor = `${deployment.metadata.generation} ${owned
    .map(pod => pod.name)
    .sort()
    .join(' ')} ${restarts}`;
  const other = (reason: string, detail: string, final = false): Look => ({
    state: 'other',
    final,
    reason,
    detail,
    anchor,
    evidence,
  });
  if (container === undefined) return other('other-image', `no container of the workload runs ${wanted.image}`, true);
  const foreign = (image: { imageID: string } | undefined) =>
    image !== undefined && image.imageID !== '' && !wanted.digests.has(digestOf(image.imageID));
  const wrong = seen.filter(({ image }) => foreign(image));
  const serving = wrong.find(({ pod }) => pod.ready);
  if (serving !== undefined) {
    const digest = digestOf(serving.image!.imageID);
    const runs = short(digest);
    if (wanted.previous.includes(digest)) {
      return other(
        'rolled-back',
        `the pod ${serving.pod.name} runs ${runs}, the image before: it was rolled back`,
        atRest,
      );
    }
    return other('other-image', `the pod ${serving.pod.name} runs ${runs}, which is not of this release`, atRest);
  }
  if (wrong.length > 0) return other('old-pods-left', `${wrong.length} pods of another image are still there`);
  if (replicas === 0)
    return other(
      'no-pods',
      daemons ? 'no node takes its pods: nothing runs' : 'the workload is scaled to 0: nothing runs',
      true,
    );
  const ready = seen.filter(({ pod, image }) => pod.ready && image?.imageID !== '');
  if (ready.length < replicas || !atRest)
    return other('pods-not-ready', `${ready.length} of ${replicas} pods are ready and current`);
  const stranger = beside.find(pod => pod.containers.some(one => isOurs(one.image, wanted) && foreign(one)));
  if (stranger !== undefined) {
    return other(
      'other-image',
      `the pod ${stranger.name}, behind the same Service, runs another image of this repository`,
      true,
    );
  }
  const digests = [...new Set(ready.map(({ image }) => short(digestOf(image!.imageID))))].join(', ');
  return {
    state: 'as-built',
    final: true,
    detail: `${ready.length} of ${replicas} pods run ${digests}, as built`,
    anchor,
    evidence,
  };
}

/** The digest in an imageID, whatever the runtime puts in front of it. */
function digestOf(imageID: string): string {
  return /sha256:[0-9a-f]{64}$/.exec(imageID)?.[0] ?? imageID;
}

/** The container that the release is about: by its image, else by its repository, else the only one. */
function containerOf(containers: readonly { name: string; image: string }[], wanted: Wanted): string | undefined {
  const found = containers.find(one => one.image === wanted.image) ?? containers.find(one => isOurs(one.image, wanted));
  return (found ?? (containers.length === 1 ? containers[0] : undefined))?.name;
}

function imageOf(pod: PodView, container: string | undefined): PodView['containers'][number] | undefined {
  return pod.containers.find(one => one.name === container);
}

function isOurs(image: string, { repositories }: Wanted): boolean {
  const repository = image.replace(/@.*$/, '').replace(/:[^/:]+$/, '');
  return repositories.includes(repository);
}
