import {
  type Cluster,
  isApiError,
  type KubeList,
  type KubeObject,
  selects,
  type WorkloadName,
} from '../core/kubernetes/index.ts';

/** What else in the namespace has a say in the workload's pods. */
export interface Surroundings {
  readonly autoscalers: readonly KubeObject[];
  readonly budgets: readonly KubeObject[];
  readonly quotas: readonly KubeObject[];
  readonly limitRanges: readonly KubeObject[];
  /** Resources that the user may not list: what they say is not known. */
  readonly unseen: readonly string[];
}

const paths = {
  autoscalers: ['apis/autoscaling/v2', 'horizontalpodautoscalers'],
  budgets: ['apis/policy/v1', 'poddisruptionbudgets'],
  quotas: ['api/v1', 'resourcequotas'],
  limitRanges: ['api/v1', 'limitranges'],
} as const;

/** Lists them all at once. None of these rights is asked for: what may not be listed is said instead. */
export async function lookAround(cluster: Cluster, signal: AbortSignal): Promise<Surroundings> {
  const unseen: string[] = [];
  const list = async (name: keyof typeof paths): Promise<readonly KubeObject[]> => {
    const [api, resource] = paths[name];
    const path = `/${api}/namespaces/${encodeURIComponent(cluster.namespace)}/${resource}`;
    try {
      return (await cluster.request<KubeList>('GET', path, { signal })).items;
    } catch (error) {
      if (!isApiError(error, 403) && !isApiError(error, 404)) throw error;
      unseen.push(resource);
      return [];
    }
  };
  const [autoscalers, budgets, quotas, limitRanges] = await Promise.all([
    list('autoscalers'),
    list('budgets'),
    list('quotas'),
    list('limitRanges'),
  ]);
  return { autoscalers, budgets, quotas, limitRanges, unseen: unseen.sort() };
}

/** The HorizontalPodAutoscaler that scales a workload. */
export function autoscalerOf(autoscalers: readonly KubeObject[], workload: WorkloadName): KubeObject | undefined {
  return autoscalers.find(({ spec }) => {
    const { kind, name } = spec?.scaleTargetRef ?? {};
    return kind === workload.kind && name === workload.name;
  });
}

/** PodDisruptionBudgets that guard pods with these labels. */
export function budgetsOf(
  budgets: readonly KubeObject[],
  podLabels: Readonly<Record<string, string>>,
): readonly KubeObject[] {
  return budgets.filter(({ spec }) => selects(spec?.selector?.matchLabels, podLabels));
}
