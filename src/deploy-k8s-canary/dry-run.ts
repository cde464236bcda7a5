import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  explainRefusal,
  getObject,
  type Kinds,
  type KubeObject,
  serverSideApply,
} from '../core/kubernetes/index.ts';
import { meaningOf } from './differences.ts';

/** An object of the manifests, where it goes, and what applying it would do. */
export interface Planned {
  readonly object: KubeObject;
  readonly path: string;
  readonly change: 'create' | 'change' | 'unchanged';
  /** As it is, undefined where it is not there, and as the server would make it. */
  readonly before: KubeObject | undefined;
  readonly after: KubeObject;
  /** Of a new copy: what the pods read now in its place. */
  readonly former?: KubeObject;
}

/** Requests at once: as many as keep an API server of two cores busy; more wait there, and run into its time limits. */
export const concurrency = 24;

/** Lets the server try everything and store nothing. All objects that it refuses are named at once. */
export async function dryRun(
  cluster: Cluster,
  kinds: Kinds,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Planned[]> {
  const refused = new Map<string, SlipwayError>();
  const planned = await pMap(
    objects,
    async object => {
      const tried = await tryOne(cluster, kinds, object, signal);
      if ('planned' in tried) return tried.planned;
      for (const error of tried.errors) {
        const explained = explainRefusal(object, error);
        if (!(explained instanceof SlipwayError) || explained.code === 'KUBE_UNREACHABLE') throw explained;
        refused.set(explained.message, explained); // one right that is missing is missing for many objects
      }
      return undefined;
    },
    { concurrency, signal },
  );
  if (refused.size > 0) throw together([...refused.values()]);
  return planned.filter(one => one !== undefined);
}

async function tryOne(
  cluster: Cluster,
  kinds: Kinds,
  object: KubeObject,
  signal: AbortSignal,
): Promise<{ planned: Planned } | { errors: readonly unknown[] }> {
  let path: string;
  try {
    path = await kinds.pathOf(object, signal);
  } catch (error) {
    return { errors: [error] };
  }
  const [before, after] = await Promise.allSettled([
    getObject(cluster, path, signal),
    serverSideApply(cluster, path, object, { dryRun: true, signal }),
  ]);
  if (before.status === 'rejected' || after.status === 'rejected')
    return { errors: [before, after].flatMap(one => (one.status === 'rejected' ? [one.reason] : [])) };
  const [was, is] = [before.value, after.value];
  const same = was !== undefined && isDeepStrictEqual(meaningOf(was), meaningOf(is));
  const change = was === undefined ? 'create' : same ? 'unchanged' : 'change';
  return { planned: { object, path, before: was, after: is, change } };
}

function together(refused: readonly SlipwayError[]): SlipwayError {
  const [first, ...others] = refused;
  if (others.length === 0) return first!;
  return new SlipwayError(first!.code, refused.map(one => `${one.message} [${one.code}]`).join('\n'), {
    ...(first!.hint === undefined ? {} : { hint: first!.hint }),
    cause: first,
  });
}
