import { SlipwayError } from '../core/errors.ts';
import { type Cluster, permissions, requirePermissions, type WorkloadKind } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { refuseNames } from './checks/names.ts';
import { checkRelease, type Findings } from './checks/release.ts';
import { targetPort } from './containers.ts';
import { findRouter } from './find-router.ts';
import { checkRenderedImage, checkRenderedRoute } from './gitops/check-rendered.ts';
import { refuseOtherRollouts, refuseOwned } from './gitops/refuse-owned.ts';
import type { Prepared } from './metrics/prepare.ts';
import type { Options } from './options.ts';
import { portOf, prepareMetrics, sayBudget } from './prepare-evidence.ts';
import { countsOf } from './rollout.ts';
import { moduleOf, routerKind } from './routers/all.ts';
import type { FoundRouter } from './routers/router.ts';
import { chooseSet } from './sets/choose.ts';
import { refuseSet } from './sets/refuse.ts';
import { changesPods, kindOf, type Situation, takeSituation } from './situation.ts';
import { isUnfinished } from './state.ts';

/** What will be done, decided before the first write. */
export interface Plan {
  /** `first`: nothing is there, or nothing of it works; `unchanged`: it already runs. */
  readonly kind: 'first' | 'unchanged' | 'rolling' | 'canary';
  readonly situation: Situation;
  readonly router: FoundRouter | undefined;
  /** Of a canary whose steps are not those of the inputs: pods can only be divided as many as there are. */
  readonly steps?: readonly number[];
  /** Port at which pods are asked directly; undefined when they cannot be. */
  readonly port: number | undefined;
  /** Of a canary: what users' requests are compared by. */
  readonly metrics: readonly Prepared[];
  /** Of a canary: whether the requests can suffice for the promised certainty, a line each of own requests and metrics. */
  readonly budget: readonly string[];
  readonly findings: Findings;
}

export type Chosen = Omit<Plan, 'findings'>;

/** Everything that can go wrong before the first write goes wrong here. */
export async function preflight(cluster: Cluster, options: Options, signal: AbortSignal): Promise<Plan> {
  await cluster.request('GET', '/version', { signal, within: 20_000 });
  await requirePermissions(cluster, needed(options, await kindOf(options, cluster.namespace)), signal);
  const situation = await takeSituation(cluster, options, signal);
  if (situation.kind !== 'Deployment') refuseSet(situation, options);
  await refuseOthersRelease(cluster, situation, options, signal);
  const follows = await checkRenderedImage(options, situation, signal);
  const plan = await choose(cluster, follows ? { ...options, strategy: 'rolling' } : options, situation, signal);
  const skip = plan.kind === 'unchanged' && options['require-attestation'] === undefined;
  const findings = skip ? { notes: [], warnings: [] } : await checkRelease(cluster, plan, options, signal);
  // one warning: a runner shows ten a step
  if (findings.warnings.length > 0) log.warning(findings.warnings.join('\n'));
  return { ...plan, findings };
}

/** What is to be written belongs to nobody who brings it back, or rolls it out himself. */
async function refuseOthersRelease(
  cluster: Cluster,
  situation: Situation,
  { rendered }: Options,
  signal: AbortSignal,
): Promise<void> {
  const { kind, live, planned, workload } = situation;
  const changed = planned.filter(({ change }) => change === 'change').map(({ before }) => before);
  refuseOwned(
    [live, ...changed].filter(one => one !== undefined),
    rendered !== undefined,
  );
  if (kind === 'Deployment') await refuseOtherRollouts(cluster, workload, signal);
}

/** What has to be done, and which router can divide the traffic for it. */
async function choose(cluster: Cluster, options: Options, situation: Situation, signal: AbortSignal): Promise<Chosen> {
  const { kind, live, workload, container } = situation;
  const none = { metrics: [], budget: [] };
  if (live === undefined || countsOf(live).available === 0)
    return {
      kind: 'first',
      situation,
      router: undefined,
      port: targetPort(undefined, situation.desired, container),
      ...none,
    };
  if (!changesPods(situation) && situation.planned.every(({ change }) => change === 'unchanged'))
    return { kind: 'unchanged', situation, router: undefined, port: undefined, ...none };
  if (options.strategy === 'rolling' || !changesPods(situation))
    return { kind: 'rolling', situation, router: undefined, port: targetPort(undefined, live, container), ...none };
  if (kind !== 'Deployment') return chooseSet(cluster, options, { ...situation, kind, live }, signal);
  const metricsDo = options.metrics.length > 0 && options.strategy === 'canary';
  if (options.probes.length === 0 && !metricsDo) {
    throw new SlipwayError('PROBES_MISSING', 'a canary needs evidence, and the input "probes" is empty', {
      hint: 'Give URLs that users ask, e.g. `http://host/ 200`, or metrics of a Prometheus (not for blue-green, whose preview no user reaches), or set strategy: rolling. Nothing was changed.',
    });
  }
  const router = await findRouter(cluster, options, live, signal);
  refuseOwned(router.written, options.rendered !== undefined);
  await checkRenderedRoute(options, router, isUnfinished(situation.state));
  if (router.sticky !== undefined)
    log.warning(
      `${router.sticky} keeps users on the side that they came to first: their share follows a changed weight only slowly, and the requests of one user count as if they were many.`,
    );
  await refuseNames(cluster, { workload, router: router.state, strategy: options.strategy }, signal);
  const port = await portOf(cluster, options, targetPort(router.service, live, container), signal);
  const metrics = await prepareMetrics(cluster, options, situation, signal);
  return { kind: 'canary', situation, router, port, metrics, budget: sayBudget(options, metrics) };
}

/** What is asked for before anything is written. */
export function needed(options: Options, kind: WorkloadKind = 'Deployment') {
  const deployment = kind === 'Deployment';
  const always = permissions(
    ...(deployment ? ['get,list,watch,patch,create,delete deployments.apps', 'list replicasets.apps'] : ofSets(kind)),
    'list pods',
    'get,create,patch configmaps',
    'get,create,update leases.coordination.k8s.io',
  );
  const before =
    options.before.length === 0 ? [] : permissions('get,create,patch jobs.batch', 'list,watch pods', 'get pods/log');
  if (options.strategy === 'rolling' || !deployment) return [...always, ...before];
  const preview = options.strategy === 'blue-green' ? permissions('get,create,patch,delete services') : [];
  return [
    ...always,
    ...before,
    ...permissions('list services'),
    ...preview,
    ...moduleOf(routerKind(options)).permissions(options),
  ];
}

/** Pods that are stuck, and those of a DaemonSet's first nodes, are deleted so that their controller makes them anew. */
function ofSets(kind: WorkloadKind): string[] {
  return [`get,list,watch,patch,create ${kind.toLowerCase()}s.apps`, 'list controllerrevisions.apps', 'delete pods'];
}
