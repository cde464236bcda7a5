import type { Cluster, KubeObject, Permission } from '../../core/kubernetes/index.ts';
import type { Options } from '../options.ts';
import type { Fact } from '../restored.ts';
import type { RouterState } from '../state.ts';

/** Divides the traffic between the stable pods and the canary. Touches only its weights and reads the truth from the cluster. */
export interface Router {
  readonly kind: RouterState['kind'];
  /** Whether it can send everything to the canary while the stable pods are still there. */
  readonly full: boolean;
  /** Pods of the canary that a share needs, beside `replicas` old ones. */
  podsFor(percent: number, replicas: number): number;
  /** Gives the canary its share and reads it back; the text says what it is. */
  shift(percent: number, signal: AbortSignal): Promise<string>;
  /**
   * Copies a share of the users' requests to the canary, and to the fresh pods of the old release where there are any; their
   * answers are dropped, and no user is on either. Until the next `shift` or `restore`. Absent where it cannot be done.
   */
  mirror?(percent: number, signal: AbortSignal): Promise<string>;
  /** Objects of its own beside the route, deleted when the canary is. */
  readonly made?: readonly Made[];
  /**
   * Lets requests that name a side by a header reach it, whatever the weights; until `restore`. Absent where it cannot be done.
   * Does nothing twice.
   *
   * @returns why the route takes no such rule, in which case it is as before
   */
  track?(signal: AbortSignal): Promise<string | undefined>;
  /** All traffic back on the stable pods, everything as before. Does nothing twice. */
  restore(signal: AbortSignal): Promise<void>;
  /** Reads whether all traffic is on the stable pods, as before; changes nothing. */
  former(signal: AbortSignal): Promise<Fact>;
}

export interface Made {
  readonly kind: string;
  readonly name: string;
  readonly path: string;
}

/** What is known of the workload when its router is looked for. */
export interface Search {
  readonly cluster: Cluster;
  readonly options: Options;
  readonly live: KubeObject;
  /** The Services that select the workload's pods. */
  readonly services: readonly KubeObject[];
  readonly podLabels: Readonly<Record<string, string>>;
  /** Labels with which a pod is in none of these Services. */
  readonly hold: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly signal: AbortSignal;
}

export interface FoundRouter<S extends RouterState = RouterState> {
  readonly state: S;
  /** The Service by whose ports pods are reached. */
  readonly service: KubeObject;
  /** What keeps users on the side that they came to first, so that the shares of requests are not the weights. */
  readonly sticky: string | undefined;
  /** What is written to, to divide the traffic. */
  readonly written: readonly KubeObject[];
}

/** A way to divide traffic. One file each. */
export interface RouterModule<S extends RouterState> {
  /** What the user of the kubeconfig must be allowed. */
  permissions(options: Options): readonly Permission[];
  /** Finds what leads to the workload. Reads only; everything that is wrong is an error here, before any write. */
  find(search: Search): Promise<FoundRouter<S>>;
  /**
   * Sees, of a route that was found, whether its data plane copies requests. Absent where none does.
   *
   * @returns the state, with what is needed to undo it
   * @throws MIRROR_UNSUPPORTED
   */
  mirrors?(search: Search, found: FoundRouter<S>): Promise<S>;
  /** What that asks for that belongs to no namespace, or to another. */
  outside?(options: Options): readonly Permission[];
  make(cluster: Cluster, workload: string, state: S): Router;
  /** `Service/hello`: where the traffic is divided, for the plan. */
  where(state: S): string;
  /** What a step does, for the plan. */
  step(state: S, workload: string, namespace: string, percent: number): string;
}
