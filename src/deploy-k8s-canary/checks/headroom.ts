import { type KubeObject, parseQuantity } from '../../core/kubernetes/index.ts';

/** What a rollout adds to a namespace at its busiest moment. */
export interface Extra {
  readonly pods: readonly ExtraPods[];
  /** Objects by resource: `count/deployments.apps`, `services`. */
  readonly objects: Readonly<Record<string, number>>;
}

/** Pods of one template. */
export interface ExtraPods {
  readonly count: number;
  /** Of one pod, as `requests.cpu`. */
  readonly asks: ReadonlyMap<string, number>;
}

interface Quota {
  readonly hard?: Readonly<Record<string, string>>;
  readonly used?: Readonly<Record<string, string>>;
}

/** Quotas write some of their resources short. */
const long: Record<string, string> = {
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  'ephemeral-storage': 'requests.ephemeral-storage',
  'count/pods': 'pods',
  'count/services': 'services',
  'count/configmaps': 'configmaps',
  'count/secrets': 'secrets',
};

/**
 * Where the ResourceQuotas have no room for a rollout: one sentence each. Quotas of a scope other than best effort or terminating
 * (a priority class) are left out: whether they count a pod cannot be said from outside. Pure.
 */
export function lackingRoom(quotas: readonly KubeObject[], { pods, objects }: Extra): string[] {
  return quotas.flatMap(quota => {
    const counted = pods.filter(({ asks }) => counts(quota, asks));
    if (counted.length === 0) return [];
    const { hard = quota['spec']?.hard ?? {}, used = {} } = (quota['status'] ?? {}) as Quota;
    return Object.entries(hard as Record<string, string>).flatMap(([resource, most]) => {
      const name = `ResourceQuota/${quota.metadata.name}`;
      const what = long[resource] ?? resource;
      const computed = /^(requests|limits)\./.test(what);
      const silent = counted.some(({ count, asks }) => count > 0 && !asks.has(what));
      if (computed && silent && /\.(cpu|memory)$/.test(what))
        return [`${name} counts ${resource}: every container must say ${what}, or is refused`];
      const each = (asks: ExtraPods['asks']) => (what === 'pods' ? 1 : computed ? (asks.get(what) ?? 0) : 0);
      const ofPods = counted.reduce((sum, { count, asks }) => sum + count * each(asks), 0);
      const more = ofPods + (objects[what] ?? 0);
      const now = parseQuantity(used[resource] ?? '0');
      if (more === 0 || now + more <= parseQuantity(most) * (1 + 1e-9)) return [];
      return [
        `${name}: ${resource} has ${used[resource] ?? 0} of ${most} in use, and ${amount(what, more)} more are needed`,
      ];
    });
  });
}

/** Whether a quota counts such pods at all. */
function counts(quota: KubeObject, asks: ExtraPods['asks']): boolean {
  const scopes: string[] = quota['spec']?.scopes ?? [];
  if (quota['spec']?.scopeSelector !== undefined) return false;
  const effort = asks.size > 0 ? 'NotBestEffort' : 'BestEffort';
  return scopes.every(scope => scope === effort || scope === 'NotTerminating');
}

function amount(resource: string, value: number): string {
  if (/memory|storage/.test(resource)) return `${Math.ceil(value / 1024 ** 2)}Mi`;
  return /cpu/.test(resource) && !Number.isInteger(value) ? `${Math.ceil(value * 1000)}m` : String(value);
}
