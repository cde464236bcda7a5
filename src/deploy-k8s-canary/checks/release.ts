import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, corePath, isApiError, type KubeList, type KubeObject } from '../../core/kubernetes/index.ts';
import { ownDeployments, ownServices } from '../canary-objects.ts';
import { helmNote } from '../gitops/owner.ts';
import { namesOf } from '../names.ts';
import type { Options } from '../options.ts';
import type { Plan } from '../preflight.ts';
import { routerOf } from '../routers/all.ts';
import { budgetsOf } from '../surroundings.ts';
import { titleOf } from '../target.ts';
import { cautions } from './cautions.ts';
import { extraPods, freshPods } from './extra.ts';
import { lackingRoom } from './headroom.ts';
import { checkImage } from './image.ts';
import { containersAsked, podAsks, refusedByRanges } from './pod-resources.ts';
import { refuseLostSelectors } from './selectors.ts';
import { setNotes } from './sets.ts';

/** What was found before the first write, for people. */
export interface Findings {
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** What would make the rollout fail later, and can be seen now: an error. What makes it less safe: a warning. */
export async function checkRelease(
  cluster: Cluster,
  { situation, router }: Omit<Plan, 'findings'>,
  options: Options,
  signal: AbortSignal,
): Promise<Findings> {
  const { desired, live, workload, surroundings, autoscaler, image } = situation;
  const { limitRanges, quotas, budgets, unseen } = surroundings;
  const { template } = desired['spec'];
  const [attestedBy, services, pods] = await Promise.all([
    checkImage(cluster, image, situation, options, signal),
    listed(cluster, 'services', signal),
    listed(cluster, 'pods', signal),
  ]);
  refuseLostSelectors(situation, services, pods);
  const asked = containersAsked(template, limitRanges);
  const outside = refusedByRanges(asked, limitRanges);
  if (outside.length > 0)
    throw new SlipwayError('LIMIT_RANGE', `pods of ${titleOf(situation)} would be refused: ${outside.join('; ')}`, {
      hint: 'Correct the resources, or the LimitRange. Nothing was changed.',
    });
  const podsFor = (percent: number) =>
    routerOf(cluster, workload, router!.state).podsFor(percent, live?.['spec'].replicas ?? 1);
  const fresh = freshPods(router?.state, options.steps, podsFor);
  const own = extraPods(desired, live, router?.state, options.steps, podsFor);
  const more = own + fresh;
  const rollout = { workload, router: router?.state, strategy: options.strategy };
  const lacking = lackingRoom(quotas, {
    pods: [
      { count: own, asks: podAsks(template, limitRanges) },
      ...(fresh === 0 ? [] : [{ count: fresh, asks: podAsks(live!['spec'].template, limitRanges) }]),
    ],
    objects: objectsMade(
      situation.planned,
      ...(router !== undefined ? ([ownDeployments(rollout).length, ownServices(rollout).length] as const) : noObjects),
    ),
  });
  if (lacking.length > 0)
    throw new SlipwayError(
      'QUOTA_EXCEEDED',
      `the rollout needs ${more} more pods at its busiest moment, and there is no room for them: ${lacking.join('; ')}`,
      { hint: 'Raise the ResourceQuota, lower maxSurge, or use smaller steps. Nothing was changed.' },
    );
  const guards = budgetsOf(budgets, template.metadata?.labels ?? {});
  return {
    notes: [
      ...(attestedBy === undefined ? [] : [`the image is attested: ${attestedBy}`]),
      ...(more === 0 ? [] : [`${more} more pods at the busiest moment`]),
      ...(fresh === 0
        ? []
        : [
            `the new pods are compared with fresh ones of the old release: Deployment/${namesOf(workload).baseline}, as many as new ones${router!.state.kind === 'service' ? '' : ' up to 50 %'}`,
          ]),
      ...asked.flatMap(({ name, given }) => given.map(one => `container ${name}: ${one}`)),
      ...(autoscaler === undefined
        ? []
        : [`HorizontalPodAutoscaler/${autoscaler.metadata.name} owns the replicas: they are left to it`]),
      ...(desired.kind === 'Deployment' || live === undefined ? [] : setNotes({ live, desired, autoscaler })),
      ...(live === undefined || options.rendered !== undefined
        ? []
        : [helmNote(live)].filter(note => note !== undefined)),
      ...guards.map(
        one =>
          `PodDisruptionBudget/${one.metadata.name} guards the pods: ${one['status']?.disruptionsAllowed ?? 0} may be evicted now`,
      ),
    ],
    warnings: [
      ...cautions(template, asked),
      ...(unseen.length === 0
        ? []
        : [`${unseen.join(', ')} may not be listed: what they say is not known before the pods are made`]),
    ],
  };
}

const noObjects = [0, 0] as const;

/** Without the right to list them, what they would tell is not known. */
async function listed(cluster: Cluster, resource: string, signal: AbortSignal): Promise<readonly KubeObject[]> {
  try {
    return (await cluster.request<KubeList>('GET', corePath(cluster.namespace, resource), { signal })).items;
  } catch (error) {
    if (isApiError(error, 403)) return [];
    throw error;
  }
}

/** As quotas count objects. */
function objectsMade(
  planned: Plan['situation']['planned'],
  deployments: number,
  services: number,
): Record<string, number> {
  const made: Record<string, number> = {};
  const add = (resource: string) => {
    made[resource] = (made[resource] ?? 0) + 1;
  };
  for (const { change, path, object } of planned) {
    if (change !== 'create') continue;
    const resource = path.split('/').at(-2)!;
    const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : undefined;
    add(
      group === undefined ? (core.includes(resource) ? resource : `count/${resource}`) : `count/${resource}.${group}`,
    );
  }
  for (let count = 0; count < deployments; count++) add('count/deployments.apps');
  for (let count = 0; count < services; count++) add('services');
  return made;
}

const core = [
  'services',
  'configmaps',
  'secrets',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
];
