import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  getObject,
  Kinds,
  type KubeObject,
  nameOf,
  type WorkloadKind,
  type WorkloadName,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { planJobs } from './before/plan-jobs.ts';
import { originalOf, type Versioned, versionConfig } from './config-copies.ts';
import { configReferences, keyOf } from './config-references.ts';
import { chooseContainer, imageOf, withImage } from './containers.ts';
import { configPath } from './discard-copies.ts';
import { dryRun, type Planned } from './dry-run.ts';
import { loadManifests } from './manifests.ts';
import type { Options } from './options.ts';
import { refuseOtherLive, refuseOthersOf } from './other-workload.ts';
import { withReplicas } from './replicas.ts';
import { explainFixed } from './sets/fixed-fields.ts';
import { refuseStrategy } from './sets/refuse.ts';
import { type RolloutState, readState } from './state.ts';
import { autoscalerOf, lookAround, type Surroundings } from './surroundings.ts';

/** What is there, and what would be there. Found without writing anything: the server only tries (dry run). */
export interface Situation {
  readonly kind: WorkloadKind;
  readonly workload: string;
  readonly container: string;
  /** The workload now; undefined at a first deploy. */
  readonly live: KubeObject | undefined;
  /** The workload as the server would make it. */
  readonly desired: KubeObject;
  /** The workload's manifest as it is applied; undefined when only an existing one's template is changed. */
  readonly manifest: KubeObject | undefined;
  /** All manifests, the workload's too, in order; copies stand in place of the configuration that pods read. */
  readonly planned: readonly Planned[];
  /** Jobs that run before the first step of a release with new pods, still under their own names. */
  readonly jobs: readonly KubeObject[];
  /** The copies' objects, with the names that stand in the manifests. */
  readonly copies: ReadonlyMap<KubeObject, string>;
  readonly surroundings: Surroundings;
  /** Who scales the workload, and so owns its replicas. */
  readonly autoscaler: KubeObject | undefined;
  readonly image: string;
  readonly previous: string;
  readonly state: RolloutState | undefined;
}

export async function takeSituation(cluster: Cluster, options: Options, signal: AbortSignal): Promise<Situation> {
  const load = (paths: readonly string[]) => loadManifests(paths, options.directory, cluster.namespace);
  const [all, before] = await Promise.all([load(options.manifests), load(options.before)]);
  const objects = all.filter(one => !before.some(job => nameOf(job) === nameOf(one))); // both may match a glob
  const given = workloadManifest(objects, options);
  const target = options.workload ?? targetIn(given!);
  const { kind, name: workload } = target;
  const [live, surroundings, state] = await Promise.all([
    getObject(cluster, workloadPath(cluster.namespace, target), signal),
    lookAround(cluster, signal),
    readState(cluster, target, signal),
  ]);
  const model = given ?? live;
  if (model === undefined) {
    refuseOthersOf(objects, workload);
    await refuseOtherLive(cluster, target, signal);
    throw new SlipwayError(
      'WORKLOAD_MISSING',
      `there is no ${kind}/${workload} in ${cluster.contextName}/${cluster.namespace}, and the manifests have none`,
      {
        hint: 'Correct "workload" or "namespace", or give its manifest in "manifests". Nothing was changed.',
      },
    );
  }
  const container = chooseContainer(model, options.container).name;
  const imaged = withImage(model, container, options.image);
  const versioned = versionConfig(objects, target, imaged['spec'].template);
  const wanted = { ...imaged, spec: { ...imaged['spec'], template: versioned.template } };
  const autoscaler = autoscalerOf([...surroundings.autoscalers, ...objects.filter(isAutoscaler)], target);
  const { manifest, tried } = withReplicas(wanted, live, autoscaler !== undefined);
  if (given !== undefined && kind !== 'Deployment') refuseStrategy(given);
  const kinds = new Kinds(cluster);
  const planned = await dryRun(
    cluster,
    kinds,
    versioned.objects.map(object => (object === given ? tried : object)),
    signal,
  ).catch(error => {
    throw explainFixed(error, given, live);
  });
  refuseSharedChange(versioned, planned, live);
  const desired = given === undefined ? wanted : planned.find(({ object }) => object === tried)!.after;
  const jobs = await planJobs(
    cluster,
    kinds,
    before,
    {
      workload,
      kind,
      image: imageOf(desired, container),
      known: [imageOf(given, container), imageOf(live, container)],
      selector: desired['spec'].selector.matchLabels ?? {},
      read: versioned.read,
      within: options['before-timeout'],
    },
    signal,
  );
  return {
    kind,
    workload,
    container,
    live,
    desired,
    manifest: given && manifest,
    planned: await withFormer(
      cluster,
      planned.map(one => (one.object === tried ? { ...one, object: manifest } : one)),
      versioned,
      live,
      signal,
    ),
    jobs,
    copies: versioned.copies,
    surroundings,
    autoscaler,
    image: imageOf(desired, container),
    previous: imageOf(live, container),
    state,
  };
}

/** New copies with what the pods read now in their places, so that a plan can say what changes. */
function withFormer(
  cluster: Cluster,
  planned: readonly Planned[],
  { copies }: Versioned,
  live: KubeObject | undefined,
  signal: AbortSignal,
): Promise<Planned[]> {
  const reads = configReferences(live?.['spec'].template);
  return Promise.all(
    planned.map(async one => {
      const { object, change } = one;
      const name = change === 'create' ? copies.get(object) : undefined;
      const now = reads.find(read => read.kind === object.kind && originalOf(read).name === name);
      const former = now && (await getObject(cluster, configPath(cluster.namespace, keyOf(now)), signal));
      return former === undefined ? one : { ...one, former };
    }),
  );
}

/** Which kind of workload is meant, as far as the inputs tell without asking the cluster. */
export async function kindOf(options: Options, namespace: string): Promise<WorkloadKind> {
  if (options.workload !== undefined) return options.workload.kind;
  return targetIn(workloadManifest(await loadManifests(options.manifests, options.directory, namespace), options)!)
    .kind;
}

function targetIn({ kind, metadata }: KubeObject): WorkloadName {
  return { kind: kind as WorkloadKind, name: metadata.name };
}

/** The one that "workload" names; else the only Deployment, or, without any, the only StatefulSet or DaemonSet. */
function workloadManifest(objects: readonly KubeObject[], { workload, manifests }: Options): KubeObject | undefined {
  const of = (kinds: readonly string[]) =>
    objects.filter(({ kind, apiVersion }) => kinds.includes(kind) && apiVersion === 'apps/v1');
  if (workload !== undefined) return of([workload.kind]).find(({ metadata }) => metadata.name === workload.name);
  const deployments = of(['Deployment']);
  const found = deployments.length > 0 ? deployments : of(['StatefulSet', 'DaemonSet']);
  if (found.length === 1) return found[0];
  if (found.length === 0) refuseOthersOf(objects);
  const names = found.map(nameOf).join(', ') || 'none';
  throw new SlipwayError(
    'WORKLOAD_MISSING',
    `${manifests.join(', ')}: ${found.length} workloads (${names}), and "workload" names none`,
    {
      hint: 'Set the input "workload" to the one that is rolled out: deployment/NAME. Nothing was changed.',
    },
  );
}

function isAutoscaler({ kind, apiVersion }: KubeObject): boolean {
  return kind === 'HorizontalPodAutoscaler' && apiVersion.startsWith('autoscaling/');
}

/** What others need under its own name must not change under the pods of the old release. */
function refuseSharedChange({ shared }: Versioned, planned: readonly Planned[], live: KubeObject | undefined): void {
  const reads = new Set(configReferences(live?.['spec'].template).map(keyOf));
  const changed = planned.find(
    ({ object, change }) => change === 'change' && shared.has(object) && reads.has(nameOf(object)),
  );
  if (changed === undefined) return;
  const [name, by] = [nameOf(changed.object), nameOf(shared.get(changed.object)!)];
  throw new SlipwayError(
    'CONFIG_SHARED',
    `${name} would be changed in place: the pods that serve now read it, and so does ${by} of the manifests`,
    {
      hint: `Deploy once with its content as it is now, after which the workload reads a copy of its own; or give ${by} another ${changed.object.kind}. Nothing was changed.`,
    },
  );
}

/** Whether the pods would be other ones. */
export function changesPods({ live, desired }: Situation): boolean {
  return live === undefined || !isDeepStrictEqual(live['spec'].template, desired['spec'].template);
}
