import type { Cluster } from '../../core/kubernetes/index.ts';
import type { RouterState } from '../state.ts';
import { gatewayRouter } from './gateway.ts';
import { serviceRouter } from './service.ts';

/** Divides the traffic between the stable pods and the canary. Touches only its weights and reads the truth from the cluster. */
export interface Router {
  readonly kind: RouterState['kind'];
  /** Whether it can send everything to the canary while the stable pods are still there. */
  readonly full: boolean;
  /** Pods of the canary that a share needs. */
  podsFor(percent: number): number;
  /** Gives the canary its share and reads it back; the text says what it is. */
  shift(percent: number, signal: AbortSignal): Promise<string>;
  /** All traffic back on the stable pods, everything as before. Does nothing twice. */
  restore(signal: AbortSignal): Promise<void>;
}

export function routerOf(cluster: Cluster, workload: string, state: RouterState): Router {
  return state.kind === 'service' ? serviceRouter(cluster, workload, state) : gatewayRouter(cluster, workload, state);
}
