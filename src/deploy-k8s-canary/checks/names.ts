import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, corePath, deploymentPath, getObject, nameOf } from '../../core/kubernetes/index.ts';
import { ownDeployments, ownServices } from '../canary-objects.ts';
import { isOurs } from '../names.ts';
import { madeByRouter } from '../routers/all.ts';
import type { RolloutState } from '../state.ts';

type Rollout = Pick<RolloutState, 'workload' | 'router' | 'strategy'>;

/** Of a Service; as long may the value of a label be. https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const longest = 63;

/** Names of what a rollout makes that cannot be: too long, or somebody else's. */
export async function refuseNames(cluster: Cluster, rollout: Rollout, signal: AbortSignal): Promise<void> {
  refuseLongNames(rollout);
  const wanted = [
    ...ownDeployments(rollout).map(name => ['Deployment', deploymentPath(cluster.namespace, name)] as const),
    ...ownServices(rollout).map(name => ['Service', corePath(cluster.namespace, 'services', name)] as const),
    ...madeByRouter(cluster, rollout).map(({ kind, path }) => [kind, path] as const),
  ];
  for (const [kind, path] of wanted) {
    const taken = await getObject(cluster, path, signal);
    // somebody else's is neither changed nor, after the rollout, deleted
    if (taken === undefined || isOurs(taken, rollout.workload)) continue;
    throw new SlipwayError(
      'NAME_TAKEN',
      `${nameOf({ ...taken, kind })} is there already and was not made by a rollout of ${rollout.workload}`,
      { hint: 'Give it another name: what a rollout makes is called so. Nothing was changed.' },
    );
  }
}

/** Pure. The workload's name is a label of what belongs to its rollout. */
export function refuseLongNames(rollout: Rollout): void {
  const { workload } = rollout;
  const long = [workload, ...ownServices(rollout)].find(name => name.length > longest);
  if (long === undefined) return;
  const what =
    long === workload ? 'as the value of a label' : `as the name of Service/${long}, which the rollout makes`;
  throw new SlipwayError(
    'NAME_TOO_LONG',
    `Deployment/${workload}: its name is too long ${what}: ${long.length} characters, and ${longest} are allowed`,
    { hint: 'Give the workload a shorter name, or use strategy: rolling. Nothing was changed.' },
  );
}
