import { isDeepStrictEqual } from 'node:util';
import { sleep } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  corePath,
  getObject,
  type KubeList,
  type KubeObject,
  selectorText,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { ownDeployments, ownServices } from './canary-objects.ts';
import { configReferences, keyOf } from './config-references.ts';
import { configPath } from './discard-copies.ts';
import { namesOf } from './names.ts';
import { countsOf } from './rollout.ts';
import { madeByRouter, routerOf } from './routers/all.ts';
import { dividedPods } from './sets/divide.ts';
import type { RolloutState } from './state.ts';
import { targetOf, titleOf } from './target.ts';

/** Something that a rollback has to have brought about, as it was read back. */
export interface Fact {
  readonly ok: boolean;
  readonly seen: string;
  /** Waiting does not help. */
  readonly final?: boolean;
}

/** Milliseconds. */
const within = { failed: 30_000, cancelled: 2500 };

/**
 * Reads back, from the cluster, that the old release is all there is: no weight and no endpoint of the new one, the old template
 * with its pods ready, the ConfigMaps and Secrets that they read. Only what was seen is said.
 *
 * @param hurry the runner ends soon: only where the traffic goes
 * @throws NOT_RESTORED with what is not as it was
 */
export async function proveRestored(
  cluster: Cluster,
  state: RolloutState,
  { signal, hurry }: { readonly signal: AbortSignal; readonly hurry: boolean },
): Promise<string> {
  const until = performance.now() + (hurry ? within.cancelled : within.failed);
  for (;;) {
    const facts = await look(cluster, state, hurry, signal);
    const off = facts.filter(({ ok }) => !ok);
    if (off.length === 0) return facts.map(({ seen }) => seen).join('; ');
    if (performance.now() > until || off.some(({ final }) => final))
      throw new SlipwayError(
        'NOT_RESTORED',
        `the old release was put back, but: ${off.map(({ seen }) => seen).join('; ')}`,
        {
          hint: 'Put that right, then run `mode: abort`.',
        },
      );
    await sleep(300, signal);
  }
}

async function look(cluster: Cluster, state: RolloutState, hurry: boolean, signal: AbortSignal): Promise<Fact[]> {
  const { workload, router } = state;
  const traffic = router === undefined ? [] : [await routerOf(cluster, workload, router).former(signal)];
  if (hurry) return traffic;
  const made =
    router === undefined
      ? []
      : [
          ...ownDeployments(state).map(name => podsLeft(cluster, workload, name, signal)),
          leftServices(cluster, state, signal),
        ];
  return [
    ...traffic,
    ...(await Promise.all([...made, stable(cluster, state, signal), config(cluster, state, signal)])),
  ];
}

/** Pods that end are no endpoints any more. */
async function podsLeft(cluster: Cluster, workload: string, name: string, signal: AbortSignal): Promise<Fact> {
  const { baseline, baselineLabels, canaryLabels } = namesOf(workload);
  const query = { labelSelector: selectorText(name === baseline ? baselineLabels : canaryLabels) };
  const { items } = await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query, signal });
  const left = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return { ok: left.length === 0, seen: `${left.length} pods of ${name}` };
}

async function leftServices(cluster: Cluster, state: RolloutState, signal: AbortSignal): Promise<Fact> {
  const services = ownServices(state).map(name => ({
    kind: 'Service',
    name,
    path: corePath(cluster.namespace, 'services', name),
  }));
  const made = [...services, ...madeByRouter(cluster, state)];
  const found = await Promise.all(made.map(({ path }) => getObject(cluster, path, signal)));
  const left = made.filter((_, i) => found[i] !== undefined && found[i].metadata.deletionTimestamp === undefined);
  const names = left.map(({ kind, name }) => `${kind}/${name}`).join(', ');
  return { ok: left.length === 0, seen: names || 'no Service of the canary' };
}

async function stable(cluster: Cluster, state: RolloutState, signal: AbortSignal): Promise<Fact> {
  const { former } = state;
  const path = workloadPath(cluster.namespace, targetOf(state));
  const now = await cluster.request<KubeObject>('GET', path, { signal });
  const { template, updateStrategy } = now['spec'];
  const same = isDeepStrictEqual([template, updateStrategy], [former?.template, former?.updateStrategy]);
  const { wanted, updated, available } = countsOf(now);
  const left = await othersLeft(cluster, state, now, signal);
  return {
    ok: same && available >= wanted && updated >= wanted && left === 0,
    seen: `${titleOf(state)} has ${same ? 'its former' : 'another'} template, ${available} of ${wanted} pods ready${left > 0 ? `, ${left} pods of another template` : ''}`,
  };
}

/** A DaemonSet with maxSurge has all of its old pods beside those of the new release, and so is complete before these are gone. */
async function othersLeft(
  cluster: Cluster,
  state: RolloutState,
  now: KubeObject,
  signal: AbortSignal,
): Promise<number> {
  if (state.kind === undefined) return 0;
  const sides = await dividedPods(cluster, { ...now, kind: state.kind }, signal);
  return sides?.old.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length ?? 0;
}

/** The copies that this action made and the old template reads. */
async function config(cluster: Cluster, { former, copies = [] }: RolloutState, signal: AbortSignal): Promise<Fact> {
  const read = new Set(configReferences(former?.template).map(keyOf));
  const own = copies.filter(key => read.has(key));
  const found = await Promise.all(own.map(key => getObject(cluster, configPath(cluster.namespace, key), signal)));
  const gone = own.filter((_, i) => found[i] === undefined);
  if (gone.length > 0) return { ok: false, final: true, seen: `${gone.join(', ')}, which the old pods read, is gone` };
  return { ok: true, seen: own.length === 0 ? 'no ConfigMap or Secret of its own' : `${own.join(', ')} in place` };
}
