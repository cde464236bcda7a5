import { SlipwayError } from '../core/errors.ts';
import { type Cluster, corePath, getObject, type KubeObject, type WorkloadName } from '../core/kubernetes/index.ts';
import type { StepRow } from './journal.ts';
import { namesOf } from './names.ts';
import type { Request } from './request.ts';
import type { SavedEvidence } from './session.ts';
import { type SetKind, titleOf } from './target.ts';
import type { RouteRule } from './weights.ts';
import type { Work } from './work.ts';

const schema = 'slipway.rollout/v1';

interface AnyRouter {
  /** Labels of a pod of the canary while it is kept out of the workload’s Services. */
  readonly hold: Readonly<Record<string, string>>;
  /** The same of the fresh pods of the old release; absent where the canary is compared with those that serve. */
  readonly baseline?: Readonly<Record<string, string>>;
  /** Percent of users’ requests that the step at 0 % copies to the canary; absent where it copies none. */
  readonly mirror?: number;
  /** Pods of the stable Deployment before the rollout. */
  readonly replicas: number;
}

/** How the traffic is divided, with what is needed to undo it from any later run. */
export type RouterState = AnyRouter &
  (
    | {
        readonly kind: 'service';
        readonly services: readonly string[];
        /** Labels that let a pod in. */
        readonly admit: Readonly<Record<string, string>>;
        /** An autoscaler owns the replicas of the workload. */
        readonly scaled?: true;
      }
    | {
        readonly kind: 'selector';
        /** The Services with their selectors before the rollout. */
        readonly services: readonly { readonly name: string; readonly selector: Readonly<Record<string, string>> }[];
      }
    | RouteState
  );

/** Weights in an object that a data plane reads. */
export interface RouteState extends AnyRouter {
  readonly kind: 'gateway' | 'traefik' | 'istio';
  /** Kind and name of the object, and its rules as they were. */
  readonly object: string;
  readonly route: string;
  readonly service: string;
  readonly rules: readonly RouteRule[];
}

/** What is known of the last rollout of a workload; kept in a ConfigMap, so that another run can end or undo it. */
export interface RolloutState {
  readonly schema: typeof schema;
  /**
   * Unfinished: `progressing`, `promoting` and `rolling-back`, which cannot be turned round any more; and left at its weight, to
   * be resumed: `paused` by hand, `inconclusive` for want of evidence.
   */
  readonly phase: UnfinishedPhase | 'healthy' | 'rolled-back' | 'failed';
  /** Absent: a Deployment. */
  readonly kind?: SetKind;
  readonly workload: string;
  readonly container: string;
  readonly strategy: 'canary' | 'blue-green' | 'rolling';
  readonly release: string;
  readonly image: string;
  /** Image and release before; empty at a first deploy. */
  readonly previous: string;
  readonly previousRelease: string;
  /** The workload's template and replicas before; absent at a first deploy. Of a StatefulSet or DaemonSet also how it replaces pods. */
  readonly former?: { readonly template: object; readonly replicas: number; readonly updateStrategy?: object };
  readonly router?: RouterState;
  /**
   * `ConfigMap/NAME-HASH`, `Secret/NAME-HASH`: immutable copies that releases read (config-copies.ts). Nothing of them is needed
   * to go back: the former template names its own. What no template names any more is deleted when a rollout has ended.
   */
  readonly copies?: readonly string[];
  /** Written through git (`mode: render`): the commit before the rollout. */
  readonly render?: { readonly base: string };
  readonly steps: readonly number[];
  /** The present weight, percent. */
  readonly weight: number;
  /** Percent of users’ requests that are copied to the canary now; 0 and absent: none. */
  readonly mirrored?: number;
  readonly reason?: string;
  /** The rollout over several clusters that this one is a part of: an id. */
  readonly whole?: string;
  readonly by: string;
  /** ISO 8601. */
  readonly started: string;
  readonly updated: string;
  /** The process that writes now, as in the Lease. */
  readonly holder?: string;
  /** While it is unfinished: what another run goes on with. */
  readonly progress?: Progress;
}

/** Where an unfinished rollout is, and all that a run on another machine needs to go on from there. */
export interface Progress {
  readonly request: Request;
  readonly work: Work;
  /** Whether what the manifests have besides the workload was applied. */
  readonly applied: boolean;
  /** How many of the Jobs before the first step have ended well. */
  readonly jobsDone?: number;
  /** Index of the present step. */
  readonly step: number;
  /** Since when, ISO 8601; and how many milliseconds of it count as watched. */
  readonly since?: string;
  readonly watched: number;
  /** Milliseconds of running time, of all runs together: what `timeout` is about. */
  readonly spent: number;
  /** Pods of the new release, and fresh ones of the old, whose answers count. */
  readonly warm?: readonly string[];
  readonly rows: readonly StepRow[];
  readonly evidence?: SavedEvidence;
  /** Who ended the waiting by `mode: promote`, and on what evidence. */
  readonly byHand?: string;
}

/** Of a rollout that has not ended; what keeps no progress, of an earlier version, can only be aborted. */
export type UnderWay = RolloutState & { readonly progress: Progress };

export type UnfinishedPhase = (typeof unfinished)[number];

const unfinished = ['progressing', 'promoting', 'rolling-back', 'paused', 'inconclusive'] as const;

export function isUnfinished(state: RolloutState | undefined): state is RolloutState & { phase: UnfinishedPhase } {
  return state !== undefined && (unfinished as readonly string[]).includes(state.phase);
}

/** A rollout that has ended needs no progress any more; why it ended the way it did is in its record. */
export function endedState(
  { progress: _, ...state }: RolloutState,
  phase: 'healthy' | 'rolled-back' | 'failed',
  reason?: string,
): RolloutState {
  return {
    ...state,
    phase,
    ...(phase === 'rolled-back' ? { weight: 0 } : {}),
    ...(state.mirrored === undefined ? {} : { mirrored: 0 }),
    ...(reason === undefined ? {} : { reason }),
  };
}

export function statePath(cluster: Cluster, workload: string): string {
  return corePath(cluster.namespace, 'configmaps', namesOf(workload).state);
}

/**
 * The state, or undefined when nothing was ever rolled out by this action.
 *
 * @throws OTHER_KIND where a workload of the same name and another kind has it
 */
export async function readState(
  cluster: Cluster,
  { kind, name }: WorkloadName,
  signal?: AbortSignal,
): Promise<RolloutState | undefined> {
  const map = await getObject(cluster, statePath(cluster, name), signal);
  if (map === undefined) return undefined;
  const state = parseState(map);
  if ((state.kind ?? 'Deployment') === kind) return state;
  throw new SlipwayError(
    'OTHER_KIND',
    `ConfigMap/${map.metadata.name} holds the last rollout of ${titleOf(state)}, not of ${kind}/${name}`,
    {
      hint: `Name the workload that is meant: workload: ${titleOf(state).toLowerCase()}. Where both are rolled out, give one of them another name; where the other is gone, delete the ConfigMap. Nothing was changed.`,
    },
  );
}

export function parseState(map: KubeObject): RolloutState {
  const name = map.metadata.name;
  let state: RolloutState | undefined;
  try {
    state = JSON.parse(map['data']?.state ?? '') as RolloutState;
  } catch {
    state = undefined;
  }
  if (state?.schema === schema) return state;
  throw new SlipwayError(
    'STATE_INVALID',
    `ConfigMap/${name} holds no rollout state that this version can read (${state?.schema ?? 'not JSON'})`,
    {
      hint: 'Use the version of the action that wrote it, or delete the ConfigMap after making sure that no canary is left.',
    },
  );
}

export const newState = (fields: Omit<UnderWay, 'schema' | 'updated' | 'phase' | 'weight'>): UnderWay => ({
  schema,
  phase: 'progressing',
  weight: 0,
  updated: fields.started,
  ...fields,
});
