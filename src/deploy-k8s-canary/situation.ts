import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  deploymentPath,
  getObject,
  isApiError,
  Kinds,
  type KubeObject,
  nameOf,
  serverSideApply,
} from '../core/kubernetes/index.ts';
import { chooseContainer, imageOf, withImage } from './containers.ts';
import { loadManifests } from './manifests.ts';
import type { Options } from './options.ts';
import { type RolloutState, readState } from './state.ts';

/** An object of the manifests, where it goes, and what applying it would do. */
export interface Planned {
  readonly object: KubeObject;
  readonly path: string;
  readonly change: 'create' | 'change' | 'unchanged';
}

/** What is there, and what would be there. Found without writing anything: the server only tries (dry run). */
export interface Situation {
  readonly workload: string;
  readonly container: string;
  /** The Deployment now; undefined at a first deploy. */
  readonly live: KubeObject | undefined;
  /** The Deployment as the server would make it. */
  readonly desired: KubeObject;
  /** The Deployment's manifest with the image put in; undefined when only the image of an existing one is changed. */
  readonly manifest: KubeObject | undefined;
  /** All manifests, the Deployment's too, in order. */
  readonly planned: readonly Planned[];
  readonly image: string;
  readonly previous: string;
  readonly state: RolloutState | undefined;
}

export async function takeSituation(cluster: Cluster, options: Options, signal: AbortSignal): Promise<Situation> {
  const objects = await loadManifests(options.manifests, options.directory, cluster.namespace);
  const given = workloadManifest(objects, options);
  const workload = options.workload?.name ?? given!.metadata.name;
  const live = await getObject(cluster, deploymentPath(cluster.namespace, workload), signal);
  const model = given ?? live;
  if (model === undefined) {
    throw new SlipwayError(
      'WORKLOAD_MISSING',
      `there is no Deployment/${workload} in ${cluster.contextName}/${cluster.namespace}, and the manifests have none`,
      {
        hint: 'Correct "workload" or "namespace", or give its manifest in "manifests". Nothing was changed.',
      },
    );
  }
  const container = chooseContainer(model, options.container).name;
  const manifest = given && withImage(given, container, options.image);
  const planned = await dryRun(
    cluster,
    objects.map(object => (object === given ? manifest! : object)),
    signal,
  );
  const desired =
    manifest === undefined
      ? withImage(live!, container, options.image)
      : planned.find(({ object }) => object === manifest)!.result;
  return {
    workload,
    container,
    live,
    desired,
    manifest,
    planned,
    image: imageOf(desired, container),
    previous: imageOf(live, container),
    state: await readState(cluster, workload, signal),
  };
}

function workloadManifest(objects: readonly KubeObject[], { workload, manifests }: Options): KubeObject | undefined {
  const deployments = objects.filter(({ kind, apiVersion }) => kind === 'Deployment' && apiVersion === 'apps/v1');
  if (workload !== undefined) return deployments.find(({ metadata }) => metadata.name === workload.name);
  if (deployments.length === 1) return deployments[0];
  const names = deployments.map(nameOf).join(', ') || 'none';
  throw new SlipwayError(
    'WORKLOAD_MISSING',
    `${manifests.join(', ')}: ${deployments.length} Deployments (${names}), and "workload" names none`,
    {
      hint: 'Set the input "workload" to the one that is rolled out: deployment/NAME. Nothing was changed.',
    },
  );
}

async function dryRun(
  cluster: Cluster,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<(Planned & { result: KubeObject })[]> {
  const kinds = new Kinds(cluster);
  return Promise.all(
    objects.map(async object => {
      const path = await kinds.pathOf(object, signal);
      const before = await getObject(cluster, path, signal);
      const result = await serverSideApply(cluster, path, object, { dryRun: true, signal }).catch(error => {
        if (!isApiError(error, 404)) throw error;
        throw new SlipwayError('NAMESPACE_MISSING', `${nameOf(object)} cannot be applied: ${error.message}`, {
          hint: `Make the namespace first: kubectl create namespace ${cluster.namespace}. Nothing was changed.`,
          cause: error,
        });
      });
      const change =
        before === undefined
          ? 'create'
          : isDeepStrictEqual(meaningOf(before), meaningOf(result))
            ? 'unchanged'
            : 'change';
      return { object, path, result, change } as const;
    }),
  );
}

/** An object without what the server counts and dates. */
function meaningOf({ metadata, status: _, ...rest }: KubeObject): object {
  const { managedFields: _m, resourceVersion: _r, generation: _g, creationTimestamp: _c, uid: _u, ...kept } = metadata;
  const { 'deployment.kubernetes.io/revision': _d, ...annotations } = kept.annotations ?? {};
  return { ...rest, metadata: { ...kept, annotations } };
}

/** Whether the pods would be other ones. */
export function changesPods({ live, desired }: Situation): boolean {
  return live === undefined || !isDeepStrictEqual(live['spec'].template, desired['spec'].template);
}
