import { SlipwayError } from '../core/errors.ts';
import { type Cluster, corePath, getObject, type KubeObject, serverSideApply } from '../core/kubernetes/index.ts';
import { namesOf } from './names.ts';
import type { RouteRule } from './weights.ts';

const schema = 'slipway.rollout/v1';

/** How the traffic is divided, with what is needed to undo it from any later run. */
export type RouterState =
  | {
      readonly kind: 'service';
      readonly services: readonly string[];
      /** Labels that let a pod of the canary in, and the ones it has while it is kept out. */
      readonly admit: Readonly<Record<string, string>>;
      readonly hold: Readonly<Record<string, string>>;
      /** Pods of the stable Deployment before the rollout. */
      readonly replicas: number;
    }
  | {
      readonly kind: 'selector';
      /** The Services with their selectors before the rollout. */
      readonly services: readonly { readonly name: string; readonly selector: Readonly<Record<string, string>> }[];
      readonly hold: Readonly<Record<string, string>>;
      readonly replicas: number;
    }
  | RouteState;

/** Weights in an object that a data plane reads. */
export interface RouteState {
  readonly kind: 'gateway' | 'traefik' | 'istio';
  /** Kind and name of the object, and its rules as they were. */
  readonly object: string;
  readonly route: string;
  readonly service: string;
  readonly rules: readonly RouteRule[];
  readonly hold: Readonly<Record<string, string>>;
  readonly replicas: number;
}

/** What is known of the last rollout of a workload; kept in a ConfigMap, so that another run can end or undo it. */
export interface RolloutState {
  readonly schema: typeof schema;
  /** `progressing` and `promoting` are unfinished; `inconclusive` is a canary that was left at its weight. */
  readonly phase: 'progressing' | 'promoting' | 'inconclusive' | 'healthy' | 'rolled-back' | 'failed';
  readonly workload: string;
  readonly container: string;
  readonly strategy: 'canary' | 'blue-green' | 'rolling';
  readonly release: string;
  readonly image: string;
  /** Image and release before; empty at a first deploy. */
  readonly previous: string;
  readonly previousRelease: string;
  /** The Deployment's template and replicas before; absent at a first deploy. */
  readonly former?: { readonly template: object; readonly replicas: number };
  readonly router?: RouterState;
  /**
   * `ConfigMap/NAME-HASH`, `Secret/NAME-HASH`: immutable copies that releases read (config-copies.ts). Nothing of them is needed
   * to go back: the former template names its own. What no template names any more is deleted when a rollout has ended.
   */
  readonly copies?: readonly string[];
  readonly steps: readonly number[];
  /** The present weight, percent. */
  readonly weight: number;
  readonly reason?: string;
  readonly by: string;
  /** ISO 8601. */
  readonly started: string;
  readonly updated: string;
}

export function isUnfinished(
  state: RolloutState | undefined,
): state is RolloutState & { phase: 'progressing' | 'promoting' | 'inconclusive' } {
  return state !== undefined && ['progressing', 'promoting', 'inconclusive'].includes(state.phase);
}

export function statePath(cluster: Cluster, workload: string): string {
  return corePath(cluster.namespace, 'configmaps', namesOf(workload).state);
}

/** The state, or undefined when nothing was ever rolled out by this action. */
export async function readState(
  cluster: Cluster,
  workload: string,
  signal?: AbortSignal,
): Promise<RolloutState | undefined> {
  const map = await getObject(cluster, statePath(cluster, workload), signal);
  return map === undefined ? undefined : parseState(map);
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

export async function writeState(cluster: Cluster, state: RolloutState, signal?: AbortSignal): Promise<RolloutState> {
  const updated: RolloutState = { ...state, updated: new Date().toISOString() };
  const names = namesOf(state.workload);
  await serverSideApply(
    cluster,
    statePath(cluster, state.workload),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: names.state, labels: { 'slipway/workload': state.workload } },
      data: { state: JSON.stringify(updated) },
    },
    { signal },
  );
  return updated;
}

export const newState = (fields: Omit<RolloutState, 'schema' | 'updated' | 'phase' | 'weight'>): RolloutState => ({
  schema,
  phase: 'progressing',
  weight: 0,
  updated: fields.started,
  ...fields,
});
