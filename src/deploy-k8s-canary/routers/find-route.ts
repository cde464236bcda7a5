import { SlipwayError } from '../../core/errors.ts';
import { getObject, Kinds, type KubeList, type KubeObject } from '../../core/kubernetes/index.ts';
import type { RouteState } from '../state.ts';
import { type RouteKind, rulesTo } from '../weights.ts';
import type { FoundRouter, Search } from './router.ts';

export function routePath({ apiVersion, plural }: RouteKind, namespace: string, name = ''): string {
  const list = `/apis/${apiVersion}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
  return name === '' ? list : `${list}/${encodeURIComponent(name)}`;
}

interface Candidate {
  readonly kind: RouteKind;
  readonly route: KubeObject;
}

/** The route that the input names, else the only one that leads to the workload's Service. */
export async function findRoute(
  router: RouteState['kind'],
  kinds: readonly RouteKind[],
  search: Search,
): Promise<FoundRouter<RouteState>> {
  await requireKinds(kinds, search);
  const { options, cluster, services, hold, replicas } = search;
  const names = services.map(({ metadata }) => metadata.name);
  const serviceOf = ({ kind, route }: Candidate) =>
    names.find(name => rulesTo(kind, route, name, cluster.namespace).length > 0);
  const found =
    options.route === undefined
      ? only(await allRoutes(kinds, search), kinds, names, serviceOf, search)
      : await named(options.route, kinds, search);
  const { kind, route } = found;
  const service = serviceOf(found);
  if (service === undefined)
    throw wrong(
      'ROUTE_ELSEWHERE',
      `no rule of ${kind.kind}/${route.metadata.name} leads to Service/${names.join(' or ')} with a weight`,
      'Correct its backends, or name another route.',
    );
  const state = {
    kind: router,
    object: kind.kind,
    route: route.metadata.name,
    service,
    rules: rulesTo(kind, route, service, cluster.namespace),
    hold,
    replicas,
  } as const;
  return {
    state,
    service: services.find(({ metadata }) => metadata.name === service)!,
    sticky: kind.sticky?.(route),
    written: [{ ...route, kind: kind.kind }],
  };
}

async function requireKinds(kinds: readonly RouteKind[], { cluster, signal }: Search): Promise<void> {
  const known = new Kinds(cluster);
  for (const { apiVersion, kind, from } of kinds)
    if ((await known.find(apiVersion, kind, signal)) === undefined)
      throw wrong(
        'CRD_MISSING',
        `the cluster "${cluster.contextName}" has no ${kind} (${apiVersion})`,
        `Install ${from}, or use another router; router: service needs nothing.`,
      );
}

async function allRoutes(kinds: readonly RouteKind[], { cluster, signal }: Search): Promise<Candidate[]> {
  const lists = await Promise.all(
    kinds.map(async kind => {
      const { items } = await cluster.request<KubeList>('GET', routePath(kind, cluster.namespace), { signal });
      return items.map(route => ({ kind, route }));
    }),
  );
  return lists.flat();
}

function only(
  all: readonly Candidate[],
  kinds: readonly RouteKind[],
  services: readonly string[],
  serviceOf: (one: Candidate) => string | undefined,
  { cluster }: Search,
): Candidate {
  const leading = all.filter(one => serviceOf(one) !== undefined);
  if (leading.length === 1) return leading[0]!;
  const found = leading.map(({ kind, route }) => `${kind.kind}/${route.metadata.name}`).join(', ') || 'none';
  throw wrong(
    'ROUTE_MISSING',
    `${leading.length} of the ${kinds.map(({ kind }) => kind).join('s and ')}s in ${cluster.namespace} lead to Service/${services.join(', ')} (${found})`,
    'Name it in the input "route".',
  );
}

/** `NAME` or `KIND/NAME`. */
async function named(text: string, kinds: readonly RouteKind[], { cluster, signal }: Search): Promise<Candidate> {
  const [first, second] = text.split('/');
  const [kindName, name] = second === undefined ? [undefined, first!] : [first!.toLowerCase(), second];
  const wanted = kinds.filter(({ kind }) => kindName === undefined || kindName === kind.toLowerCase());
  const found = await Promise.all(
    wanted.map(async kind => ({
      kind,
      route: await getObject(cluster, routePath(kind, cluster.namespace, name), signal),
    })),
  );
  const there = found.filter((one): one is Candidate => one.route !== undefined);
  if (there.length === 1) return there[0]!;
  if (there.length > 1)
    throw wrong(
      'ROUTE_AMBIGUOUS',
      `route "${text}" names ${there.map(({ kind }) => `${kind.kind}/${name}`).join(' and ')}`,
      `Write ${there[0]!.kind.kind.toLowerCase()}/${name}, or the other.`,
    );
  throw wrong(
    'ROUTE_MISSING',
    `there is no ${kinds.map(({ kind }) => `${kind}/${name}`).join(' or ')} in ${cluster.namespace}`,
    'Correct the input "route".',
  );
}

function wrong(code: string, message: string, hint: string): SlipwayError {
  return new SlipwayError(code, message, { hint: `${hint} Nothing was changed.` });
}
