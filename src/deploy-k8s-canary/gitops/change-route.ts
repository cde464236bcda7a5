import type { Cluster, KubeObject, PatchOperation } from '../../core/kubernetes/index.ts';
import { namesOf } from '../names.ts';
import { type Backend, backendsAt, describeBackends, type RouteKind, type RouteRule } from '../weights.ts';
import { type Source, sourceOf } from './documents.ts';
import { follow } from './follow.ts';
import { listText } from './list-text.ts';
import { messageOf } from './message.ts';
import type { Rendering } from './through-git.ts';
import { findWeights, withText } from './weights-text.ts';

/**
 * Writes the weights that a patch of a route would have set into its manifest, and waits until the cluster has them. They are made
 * from the list as it was before the rollout: what goes back goes back to the same bytes.
 */
export async function changeRoute(
  cluster: Cluster,
  path: string,
  kind: RouteKind,
  rendering: Rendering,
  plan: (object: KubeObject) => readonly PatchOperation[] | undefined,
  signal: AbortSignal,
): Promise<KubeObject> {
  const { tree, base, release, within } = rendering;
  const live = await cluster.request<KubeObject>('GET', path, { signal });
  const operations = plan(live) ?? [];
  const name = live.metadata.name;
  const wanted = kind.rules(live).map(rule => {
    const set = operations.find(({ op, path: at }) => op === 'replace' && at === rule.at);
    return { at: rule.at, set: set !== undefined, backends: (set?.value as readonly Backend[]) ?? rule.backends };
  });
  const before = await tree.sources();
  const changed = new Map<string, string>();
  for (const rule of wanted) {
    const sources = before.map(one => sourceOf(one.path, changed.get(one.path) ?? one.text));
    if (!rule.set && !leadsToCanary(kind, sources, name, rule, cluster, release.workload)) continue;
    const place = findWeights(sources, kind, name, rule.at);
    const former = findWeights([await tree.at(base, place.source, signal)], kind, name, rule.at);
    changed.set(place.source.path, withText(place, listText(place, former, kind, rule.backends)));
  }
  const step = stepOf(kind, wanted.find(({ set }) => set) ?? wanted[0]!, cluster.namespace, release.workload);
  const says = (list: readonly RouteRule[]) =>
    list.map(({ backends }) => describeBackends(kind, backends, cluster.namespace)).join('; ');
  for (const source of before) {
    const text = changed.get(source.path);
    if (text === undefined) continue;
    const message = messageOf(release, cluster, step, `${kind.kind}/${name}: ${says(wanted)}`);
    await tree.commit(source, text, message, signal);
  }
  const now = (object: KubeObject) =>
    wanted.map(({ at }) => ({ at, backends: backendsAt(kind, object, { at, backends: [] }) }));
  return follow(
    cluster,
    {
      path,
      what: says(wanted),
      seen: object => says(now(object)),
      shows: object => says(now(object)) === says(wanted),
      within,
    },
    signal,
  );
}

/** What an earlier commit left in the tree goes out, also where the cluster never showed it. */
function leadsToCanary(
  kind: RouteKind,
  sources: readonly Source[],
  name: string,
  { at }: { at: string },
  { namespace }: Cluster,
  workload: string,
): boolean {
  const { canary } = namesOf(workload);
  try {
    const { list } = findWeights(sources, kind, name, at);
    return (list.toJSON() as Backend[]).some(one => kind.serviceOf(one, namespace) === canary);
  } catch {
    return false; // not in these files: nothing of ours is in it
  }
}

/** `25 %`, by the weights that the workload's share is divided by. */
function stepOf(
  kind: RouteKind,
  { backends }: { backends: readonly Backend[] },
  namespace: string,
  workload: string,
): string {
  const { canary, baseline } = namesOf(workload);
  const weightOf = (name: string) => backends.find(one => kind.serviceOf(one, namespace) === name)?.weight;
  const given = weightOf(canary);
  if (given === undefined) return 'weights as before';
  const at = backends.findIndex(one => kind.serviceOf(one, namespace) === canary);
  const whole = (backends[at - 1]?.weight ?? 0) + given + (weightOf(baseline) ?? 0);
  return `${Number(((100 * given) / whole).toFixed(2))} %`;
}
