import {
  type Cluster,
  corePath,
  deleteObject,
  deploymentPath,
  getObject,
  type KubeList,
  type KubeObject,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { configTrack } from './config-copies.ts';
import { type ConfigKind, configReferences, keyOf } from './config-references.ts';
import { labels, namesOf } from './names.ts';
import { revisionsOf } from './sets/revision.ts';
import { isUnfinished, type RolloutState } from './state.ts';
import type { StateFile } from './state-file.ts';
import { targetOf } from './target.ts';

const resources: Record<ConfigKind, string> = { ConfigMap: 'configmaps', Secret: 'secrets' };

/** Path of a `ConfigMap/NAME` or `Secret/NAME`. */
export function configPath(namespace: string, key: string): string {
  const [kind, name] = key.split('/') as [ConfigKind, string];
  return corePath(namespace, resources[kind], name);
}

/**
 * Deletes the copies that no release reads any more: not the workload's template, nor the canary's, nor that of the release
 * before, nor any that the ReplicaSets (or ControllerRevisions) keep for `kubectl rollout undo`. Only at rest: an unfinished rollout keeps everything.
 *
 * @returns what was deleted
 */
export async function discardCopies(file: StateFile, signal: AbortSignal): Promise<string[]> {
  const { cluster, workload, state } = file;
  if (state?.copies === undefined || state.copies.length === 0 || isUnfinished(state)) return [];
  const read = new Set(
    [...(await templatesOf(cluster, state, signal)), state.former?.template].flatMap(configReferences).map(keyOf),
  );
  const old = state.copies.filter(key => !read.has(key));
  for (const key of old) {
    const path = configPath(cluster.namespace, key);
    const object = await getObject(cluster, path, signal);
    if (object !== undefined && isCopy(object, workload)) await deleteObject(cluster, path, signal);
  }
  if (old.length > 0) await file.write({ ...state, copies: state.copies.filter(key => read.has(key)) }, signal);
  return old;
}

/** What pods may be made of, now or by `kubectl rollout undo`. */
async function templatesOf(
  cluster: Cluster,
  state: RolloutState,
  signal: AbortSignal,
): Promise<readonly (object | undefined)[]> {
  const { workload } = state;
  const stable = await getObject(cluster, workloadPath(cluster.namespace, targetOf(state)), signal);
  if (state.kind !== undefined) {
    const kept = stable === undefined ? [] : await revisionsOf(cluster, stable, signal);
    return [stable?.['spec'].template, ...kept.map(({ data }) => data?.spec?.template)];
  }
  const [canary, sets] = await Promise.all([
    getObject(cluster, deploymentPath(cluster.namespace, namesOf(workload).canary), signal),
    cluster.request<KubeList>('GET', `/apis/apps/v1/namespaces/${encodeURIComponent(cluster.namespace)}/replicasets`, {
      signal,
    }),
  ]);
  return [stable, canary, ...sets.items].map(one => one?.['spec']?.template);
}

function isCopy({ metadata }: KubeObject, workload: string): boolean {
  return metadata.labels?.[labels.workload] === workload && metadata.labels[labels.track] === configTrack;
}
