import { type Cluster, type KubeObject, nameOf } from '../core/kubernetes/index.ts';
import { formatDuration } from '../core/units.ts';
import { ownDeployments, ownServices } from './canary-objects.ts';
import { differenceLines, differences, meaningOf } from './differences.ts';
import type { Planned } from './dry-run.ts';
import { namesOf } from './names.ts';
import type { Options } from './options.ts';
import type { Plan } from './preflight.ts';
import { countsOf } from './rollout.ts';
import { moduleOf, routerOf } from './routers/all.ts';
import { podsFor } from './sets/shares.ts';
import { titleOf } from './target.ts';
import { jobsOf } from './work.ts';

const how = {
  first: 'first deploy: applied, then waited for',
  unchanged: 'nothing to do',
  rolling: 'rolling update',
} as const;

/** The plan for people: what would be done to which object, field by field, and what each step would do. */
export function planLines(cluster: Cluster, plan: Plan, options: Options): string[] {
  const { kind, situation, findings } = plan;
  const { image, previous, planned, container, copies } = situation;
  return [
    `${titleOf(situation)}, container ${container}: ${kind === 'canary' ? options.strategy : how[kind]}`,
    `  image ${previous === '' || previous === image ? '' : `${previous} → `}${image}`,
    ...planned.flatMap(one => objectLines(one, copies.get(one.object))),
    ...templateLines(plan),
    ...jobsOf(plan).map(jobLine),
    ...rolloutLines(cluster, plan, options),
    ...findings.notes.map(note => `  note      ${note}`),
    ...findings.warnings.map(warning => `  warning   ${warning}`),
  ];
}

function objectLines({ object, change, before, after, former }: Planned, copyOf: string | undefined): string[] {
  const copy = copyOf === undefined ? '' : `, ${object.kind}/${copyOf} of this release`;
  const line = `  ${change.padEnd(9)} ${nameOf(object)}${copy}`;
  const was = before ?? former;
  if (change === 'unchanged' || was === undefined) return [line];
  return [
    line,
    ...fields(
      object.kind,
      former === undefined ? meaningOf(was) : contentOf(was),
      former === undefined ? meaningOf(after) : contentOf(after),
    ),
  ];
}

/** Of a copy only its content is another release's; its name and labels are its own. */
function contentOf({ data, binaryData, type }: Planned['after']): object {
  return { data, binaryData, type };
}

/** A Job of the release, with the images that it runs. */
function jobLine({ metadata, spec }: KubeObject): string {
  const { initContainers = [], containers = [] } = spec.template.spec ?? {};
  const images = [...initContainers, ...containers].map(({ name, image }) => `${name}: ${image}`).join(', ');
  return `  before    Job/${metadata.name}-…, at most ${spec.activeDeadlineSeconds} s; ${images}`;
}

/** Without a manifest of the workload the template is changed in place. */
function templateLines({ situation, kind }: Plan): string[] {
  const { manifest, live, desired, kind: what } = situation;
  if (manifest !== undefined || live === undefined || kind === 'unchanged') return [];
  return [`  change    ${titleOf(situation)}`, ...fields(what, { spec: live['spec'] }, { spec: desired['spec'] })];
}

function fields(kind: string, before: object, after: object): string[] {
  return differenceLines(kind, differences(before, after)).map(line => `              ${line}`);
}

/** Of a StatefulSet or DaemonSet: which of its pods have the new release at a step. */
function setLines({ situation, port, budget }: Plan, steps: readonly number[], options: Options): string[] {
  const { kind, live, desired } = situation;
  const { wanted } = countsOf(kind === 'DaemonSet' ? live! : desired);
  const which = (step: number) => {
    if (step === 100) return 'the others, one after the other by its controller';
    const pods = podsFor(step, wanted);
    return kind === 'DaemonSet'
      ? `${pods} of ${wanted} nodes`
      : `${pods} of ${wanted} pods, partition ${wanted - pods}`;
  };
  return [
    `  router    the pods themselves, ${port === undefined ? 'not asked directly' : `asked at port ${port}`}`,
    ...steps.map(
      step =>
        `  ${String(step).padStart(3)} %     ${which(step)}, watched for ${options.auto && step < 100 ? 'at most ' : ''}${formatDuration(options['step-duration'])}`,
    ),
    `  time      at most ${formatDuration(options.timeout)} in all`,
    ...budget.map(line => `  budget    ${line}`),
  ];
}

function rolloutLines(cluster: Cluster, plan: Plan, options: Options): string[] {
  const { router, situation, port, budget, steps } = plan;
  if (router === undefined) return steps === undefined ? [] : setLines(plan, steps, options);
  const { state } = router;
  const { workload, live } = situation;
  const module = moduleOf(state.kind);
  const { podsFor, made: beside = [] } = routerOf(cluster, workload, state);
  const services = ownServices({ workload, router: state, strategy: options.strategy });
  const made = [
    ...ownDeployments({ workload, router: state }).map(name => `Deployment/${name}`),
    ...services.map(name => `Service/${name}`),
    ...beside.map(({ kind, name }) => `${kind}/${name}`),
  ];
  const replicas: number = live?.['spec'].replicas ?? 1;
  const { mirror } = options;
  const below = options.steps.length - 1;
  const doing = (step: number) =>
    step === 0
      ? `${mirror === undefined ? 'no user traffic' : `${mirror.percent} % of users’ requests are copied to ${namesOf(workload).canary}, no user is on it`}; pods of the new release are probed`
      : module.step(state, workload, cluster.namespace, step);
  const pods = (step: number) =>
    step === 100 ? '' : `; ${podsFor(step || (mirror?.percent ?? 0), replicas)} pods of the new release`;
  const duration = options['step-duration'];
  const copying = mirror?.duration ?? duration;
  const lengthOf = (step: number) =>
    step === 0 && mirror !== undefined
      ? formatDuration(copying)
      : `${options.auto ? 'at most ' : ''}${formatDuration(duration)}`;
  return [
    `  create    ${made.join(', ')} (deleted at the end)`,
    `  router    ${module.where(state)}; pods are ${port === undefined ? 'not asked directly' : `asked at port ${port}`}`,
    ...options.steps.map(
      step => `  ${String(step).padStart(3)} %     ${doing(step)}${pods(step)}, watched for ${lengthOf(step)}`,
    ),
    `  time      ${options.auto ? '' : `at least ${formatDuration((below - 1) * duration + (options.steps[0] === 0 ? copying : duration))} below 100 %, `}at most ${formatDuration(options.timeout)} in all`,
    ...budget.map(line => `  budget    ${line}`),
  ];
}
