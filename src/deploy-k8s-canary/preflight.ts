import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  missingPermissions,
  permissions,
  podsOfDeployment,
  requirePermissions,
} from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { budgetLine } from './budget.ts';
import { refuseNames } from './checks/names.ts';
import { checkRelease, type Findings } from './checks/release.ts';
import { targetPort } from './containers.ts';
import { findRouter } from './find-router.ts';
import { checkRenderedImage, checkRenderedRoute } from './gitops/check-rendered.ts';
import { refuseOtherRollouts, refuseOwned } from './gitops/refuse-owned.ts';
import { type Prepared, prepare } from './metrics/prepare.ts';
import { viewOf } from './metrics/view.ts';
import type { Options } from './options.ts';
import { moduleOf, routerKind } from './routers/all.ts';
import type { FoundRouter } from './routers/router.ts';
import { changesPods, type Situation, takeSituation } from './situation.ts';
import { isUnfinished } from './state.ts';

/** What will be done, decided before the first write. */
export interface Plan {
  /** `first`: nothing is there, or nothing of it works; `unchanged`: it already runs. */
  readonly kind: 'first' | 'unchanged' | 'rolling' | 'canary';
  readonly situation: Situation;
  readonly router: FoundRouter | undefined;
  /** Port at which pods are asked directly; undefined when they cannot be. */
  readonly port: number | undefined;
  /** Of a canary: what users' requests are compared by. */
  readonly metrics: readonly Prepared[];
  /** Of a canary: whether the requests can suffice for the promised certainty, a line each of own requests and metrics. */
  readonly budget: readonly string[];
  readonly findings: Findings;
}

type Chosen = Omit<Plan, 'findings'>;

/** Everything that can go wrong before the first write goes wrong here. */
export async function preflight(cluster: Cluster, options: Options, signal: AbortSignal): Promise<Plan> {
  await cluster.request('GET', '/version', { signal, within: 20_000 });
  await requirePermissions(cluster, needed(options), signal);
  const situation = await takeSituation(cluster, options, signal);
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
  const { live, planned, workload } = situation;
  const changed = planned.filter(({ change }) => change === 'change').map(({ before }) => before);
  refuseOwned(
    [live, ...changed].filter(one => one !== undefined),
    rendered !== undefined,
  );
  await refuseOtherRollouts(cluster, workload, signal);
}

/** What has to be done, and which router can divide the traffic for it. */
async function choose(cluster: Cluster, options: Options, situation: Situation, signal: AbortSignal): Promise<Chosen> {
  const { live, workload, container } = situation;
  const none = { metrics: [], budget: [] };
  const serves = (live?.['status']?.availableReplicas ?? 0) > 0;
  if (live === undefined || !serves)
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
  const [forbidden] = await missingPermissions(cluster, permissions('get pods/proxy'), signal);
  const port = forbidden === undefined ? targetPort(router.service, live, container) : undefined;
  if (port === undefined && options.probes.length > 0) {
    const why = forbidden === undefined ? 'their port is not known' : 'the kubeconfig’s user may not get pods/proxy';
    log.warning(
      `Pods cannot be asked directly, because ${why}: own requests cannot be told apart by release${options.metrics.length > 0 ? '' : ', and the evidence will hardly suffice to promote'}.`,
    );
  }
  const metrics = await prepareMetrics(cluster, options, workload, signal);
  return { kind: 'canary', situation, router, port, metrics, budget: sayBudget(options, metrics) };
}

async function prepareMetrics(
  cluster: Cluster,
  options: Options,
  workload: string,
  signal: AbortSignal,
): Promise<Prepared[]> {
  const view = viewOf(cluster, options);
  if (view === undefined) return [];
  const pods = (await podsOfDeployment(cluster, workload, signal)).map(pod => pod.metadata.name);
  const metrics = await prepare(options.metrics, view, pods, options.tolerance, signal);
  for (const { warning } of metrics) if (warning !== undefined) log.warning(warning);
  return metrics;
}

/** What the promised certainty needs, and when it will have come. */
function sayBudget(options: Options, metrics: readonly Prepared[]): string[] {
  const own = options.probes.length === 0 ? [] : [budgetLine(options)];
  const users = metrics.map(({ name, tolerance, history: { traffic, phi } }) =>
    budgetLine(options, { metric: name, tolerance, traffic, phi }),
  );
  return [...own, ...users].map(({ line, enough }) => {
    if (enough) log.info(line);
    else log.warning(line);
    return line;
  });
}

/** What is asked for before anything is written. */
export function needed(options: Options) {
  const always = permissions(
    'get,list,watch,patch,create,delete deployments.apps',
    'list replicasets.apps',
    'list pods',
    'get,create,patch configmaps',
    'get,create,update leases.coordination.k8s.io',
  );
  const before =
    options.before.length === 0 ? [] : permissions('get,create,patch jobs.batch', 'list,watch pods', 'get pods/log');
  if (options.strategy === 'rolling') return [...always, ...before];
  const preview = options.strategy === 'blue-green' ? permissions('get,create,patch,delete services') : [];
  return [
    ...always,
    ...before,
    ...permissions('list services'),
    ...preview,
    ...moduleOf(routerKind(options)).permissions(options),
  ];
}
