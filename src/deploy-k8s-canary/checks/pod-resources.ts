import { type KubeObject, parseQuantity } from '../../core/kubernetes/index.ts';

type Quantities = Readonly<Record<string, string>>;
interface Resources {
  readonly requests: Quantities;
  readonly limits: Quantities;
}
interface Container {
  readonly name: string;
  readonly resources?: Partial<Resources>;
  readonly restartPolicy?: string;
}
interface LimitItem {
  readonly type: string;
  readonly default?: Quantities;
  readonly defaultRequest?: Quantities;
  readonly min?: Quantities;
  readonly max?: Quantities;
}

/** What a container asks for once the namespace's LimitRanges have filled in what it leaves out. */
export interface Asked extends Resources {
  readonly name: string;
  /** `LimitRange/x gives it limits.memory 64Mi` */
  readonly given: readonly string[];
}

/** As the API server does it: a request that is left out is the limit; what then lacks comes from the LimitRange. */
export function askedBy(container: Container, limitRanges: readonly KubeObject[]): Asked {
  const { limits: ownLimits = {}, requests: ownRequests = {} } = container.resources ?? {};
  const limits: Record<string, string> = { ...ownLimits };
  const requests: Record<string, string> = { ...ownLimits, ...ownRequests };
  const given: string[] = [];
  for (const range of limitRanges) {
    for (const item of itemsOf(range, 'Container')) {
      const fill = (into: Record<string, string>, from: Quantities = {}, word: string) => {
        for (const [resource, value] of Object.entries(from)) {
          if (resource in into) continue;
          into[resource] = value;
          given.push(`LimitRange/${range.metadata.name} gives it ${word}.${resource} ${value}`);
        }
      };
      fill(limits, item.default, 'limits');
      fill(requests, item.defaultRequest, 'requests');
    }
  }
  return { name: container.name, limits, requests, given };
}

export function containersAsked(template: KubeObject, limitRanges: readonly KubeObject[]): Asked[] {
  return (template['spec'].containers as Container[]).map(one => askedBy(one, limitRanges));
}

/** `requests.cpu` → cores, `limits.memory` → bytes: of a whole pod, as quotas count it. Init containers run before the others. */
export function podAsks(template: KubeObject, limitRanges: readonly KubeObject[]): Map<string, number> {
  const { containers, initContainers = [], overhead = {} } = template['spec'];
  const of = (list: readonly Container[]) => list.map(one => amounts(askedBy(one, limitRanges)));
  const sidecars = of(initContainers.filter((one: Container) => one.restartPolicy === 'Always'));
  const before = of(initContainers.filter((one: Container) => one.restartPolicy !== 'Always'));
  const running = [...of(containers), ...sidecars];
  const all = new Map<string, number>();
  for (const name of new Set([...running, ...before].flatMap(one => [...one.keys()]))) {
    const sum = running.reduce((total, one) => total + (one.get(name) ?? 0), 0);
    all.set(name, Math.max(sum, ...before.map(one => one.get(name) ?? 0)));
  }
  for (const [resource, value] of Object.entries(overhead as Quantities))
    all.set(`requests.${resource}`, (all.get(`requests.${resource}`) ?? 0) + parseQuantity(value));
  return all;
}

function amounts({ requests, limits }: Resources): Map<string, number> {
  return new Map([
    ...Object.entries(requests).map(([name, value]) => [`requests.${name}`, parseQuantity(value)] as const),
    ...Object.entries(limits).map(([name, value]) => [`limits.${name}`, parseQuantity(value)] as const),
  ]);
}

/** What a LimitRange would refuse of a container: every pod of the release. */
export function refusedByRanges(asked: readonly Asked[], limitRanges: readonly KubeObject[]): string[] {
  return limitRanges.flatMap(range =>
    itemsOf(range, 'Container').flatMap(({ min = {}, max = {} }) =>
      asked.flatMap(({ name, limits, requests }) => [
        ...Object.entries(max).flatMap(([resource, most]) =>
          above(limits[resource] ?? requests[resource], most)
            ? [
                `container ${name} has ${resource} ${limits[resource] ?? requests[resource]}, LimitRange/${range.metadata.name} allows ${most} at most`,
              ]
            : [],
        ),
        ...Object.entries(min).flatMap(([resource, least]) =>
          requests[resource] !== undefined && above(least, requests[resource])
            ? [
                `container ${name} has ${resource} ${requests[resource]}, LimitRange/${range.metadata.name} wants ${least} at least`,
              ]
            : [],
        ),
      ]),
    ),
  );
}

function above(value: string | undefined, limit: string): boolean {
  return value !== undefined && parseQuantity(value) > parseQuantity(limit);
}

function itemsOf(range: KubeObject, type: string): LimitItem[] {
  return ((range['spec']?.limits ?? []) as LimitItem[]).filter(item => item.type === type);
}
