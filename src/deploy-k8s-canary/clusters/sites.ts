import { type Cluster, connectCluster } from '../../core/kubernetes/index.ts';
import type { Prepared } from '../deploy.ts';
import { Journal } from '../journal.ts';
import type { RolloutState } from '../state.ts';
import { allOrThrow } from './errors.ts';
import type { Target } from './targets.ts';

/** A target, connected. */
export interface Site extends Target {
  readonly cluster: Cluster;
  readonly journal: Journal;
  /** What its deployment will be, and its last rollout; found before the first write to any cluster. */
  readonly prepared?: Prepared;
  readonly state?: RolloutState | undefined;
}

/** Reads every kubeconfig; nothing is sent yet. A single target's error is its own. */
export async function connect(targets: readonly Target[]): Promise<Site[]> {
  const one = async (target: Target) => ({
    ...target,
    cluster: await connectCluster(target.options),
    journal: new Journal(),
  });
  return targets.length === 1 && targets[0]!.name === '' ? [await one(targets[0]!)] : allOrThrow(targets, one);
}
