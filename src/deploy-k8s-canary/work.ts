import type { KubeObject } from '../core/kubernetes/index.ts';
import { withUniqueName } from './before/jobs.ts';
import type { Prepared } from './metrics/prepare.ts';
import type { Plan } from './preflight.ts';
import type { FoundRouter } from './routers/router.ts';
import { changesPods, type Situation } from './situation.ts';
import type { RolloutState } from './state.ts';
import { targetOf } from './target.ts';

/** What is rolled out, as it was planned once: a run that goes on makes nothing new of it. */
export interface Work {
  readonly kind: 'first' | 'rolling' | 'canary';
  /** The workload's manifest as it is applied; absent when only an existing one's template is changed. */
  readonly manifest?: KubeObject;
  /** Of the workload as it will be: what new pods are made of, and how a StatefulSet or DaemonSet replaces them. */
  readonly spec: KubeObject['spec'];
  /** Jobs that run before the first step, one after the other. */
  readonly jobs?: readonly KubeObject[];
  /** Port of the pods, and ports of their Service. */
  readonly port?: number;
  readonly ports?: readonly object[];
  /** What users' requests are compared by, as it was known before the start. */
  readonly metrics?: readonly Prepared[];
}

/** What the parts of a rollout ask of the plan. */
export interface RolloutPlan {
  readonly kind: Work['kind'];
  readonly situation: Pick<
    Situation,
    'kind' | 'workload' | 'container' | 'live' | 'desired' | 'manifest' | 'image' | 'previous'
  >;
  readonly router: Pick<FoundRouter, 'service'> | undefined;
  readonly port: number | undefined;
  readonly metrics: readonly Prepared[];
}

/** Which Jobs run before the first step: none where the pods stay what they are. */
export function jobsOf({ kind, situation }: Pick<Plan, 'kind' | 'situation'>): readonly KubeObject[] {
  return kind === 'first' || changesPods(situation) ? situation.jobs : [];
}

/** @param started when the rollout began */
export function workOf(
  { kind, situation, router, port, metrics }: Plan & { kind: Work['kind'] },
  started: string,
): Work {
  const jobs = jobsOf({ kind, situation });
  const { template, progressDeadlineSeconds, minReadySeconds, updateStrategy } = situation.desired['spec'];
  return {
    kind,
    ...(situation.manifest === undefined ? {} : { manifest: situation.manifest }),
    spec: { template, progressDeadlineSeconds, minReadySeconds, updateStrategy },
    ...(jobs.length === 0 ? {} : { jobs: jobs.map(job => withUniqueName(job, started)) }),
    ...(port === undefined ? {} : { port }),
    ...(router === undefined ? {} : { ports: router.service['spec'].ports }),
    ...(metrics.length === 0 ? {} : { metrics }),
  };
}

/** The plan, from the state alone. @param live the workload now: what a rollout makes belongs to it */
export function planOf(state: RolloutState, work: Work, live?: KubeObject): RolloutPlan {
  const { workload, container, image, previous, former } = state;
  const { kind } = targetOf(state);
  const object = (spec: object, metadata: KubeObject['metadata'] = { name: workload }): KubeObject => ({
    apiVersion: 'apps/v1',
    kind,
    metadata,
    spec,
  });
  const before = live && former && object({ ...live['spec'], template: former.template }, live.metadata);
  return {
    kind: work.kind,
    situation: {
      kind,
      workload,
      container,
      image,
      previous,
      live: before,
      desired: object(work.spec),
      manifest: work.manifest,
    },
    router: work.ports && { service: { ...object({ ports: work.ports }), apiVersion: 'v1', kind: 'Service' } },
    port: work.port,
    metrics: work.metrics ?? [],
  };
}
