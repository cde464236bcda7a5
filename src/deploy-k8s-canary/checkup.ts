import pMap from 'p-map';
import type { Context } from '../core/action.ts';
import type { Certified, ClusterCheckup, Unseen } from '../core/checkup.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  corePath,
  getObject,
  isApiError,
  type KubeList,
  type KubeObject,
  missingPermissions,
  selects,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { containersAsked } from './checks/pod-resources.ts';
import { placeOf } from './clusters/place.ts';
import type { Site } from './clusters/sites.ts';
import { chooseContainer } from './containers.ts';
import type { definition } from './inputs.ts';
import { workloadOf } from './last-rollout.ts';
import { lookAround } from './surroundings.ts';

/** `mode: doctor`: what the production checklist looks at in each cluster. Reads only, judges nothing; one that fails is told. */
export async function checkup(
  sites: readonly Site[],
  { output, signal }: Context<typeof definition.inputs>,
): Promise<void> {
  const seen = await Promise.all(
    sites.map(site =>
      look(site, signal).catch((error): Unseen => ({ kind: 'unseen', place: placeOf(site), why: messageOf(error) })),
    ),
  );
  for (const one of seen) {
    if (one.kind === 'unseen') log.warning(`${one.place} could not be looked at: ${one.why}`);
    else log.info(`${one.place}: looked at`);
  }
  output('checkup', JSON.stringify(seen));
}

async function look(site: Site, signal: AbortSignal): Promise<ClusterCheckup> {
  const { cluster, options } = site;
  const target = workloadOf(options);
  const title = `${target.kind}/${target.name}`;
  const everything = [{ verb: '*', group: '*', resource: '*' }];
  const [live, { limitRanges }, policies, ingresses, lacks] = await Promise.all([
    getObject(cluster, workloadPath(cluster.namespace, target), signal),
    lookAround(cluster, signal),
    list(cluster, 'apis/networking.k8s.io/v1', 'networkpolicies', signal),
    list(cluster, 'apis/networking.k8s.io/v1', 'ingresses', signal),
    missingPermissions(cluster, everything, signal),
  ]);
  if (live === undefined) throw new SlipwayError('WORKLOAD_MISSING', `there is no ${title} in ${placeOf(site)}`);
  const { template } = live['spec'];
  return {
    kind: 'cluster',
    place: `${placeOf(site)} ${title}`,
    program: chooseContainer(live, options.container).name,
    pod: podOf(template),
    containers: containersAsked(template, limitRanges).map((asked, index) => ({
      ...containerOf(template.spec.containers[index]),
      limits: asked.limits,
      requests: asked.requests,
    })),
    policies: policies
      ?.filter(({ spec }) => isAbout(spec?.podSelector, template.metadata?.labels))
      .map(({ metadata }) => metadata.name),
    sites: ingresses && (await pMap(ingresses, one => certificatesOf(cluster, one, signal), { concurrency: 4 })).flat(),
    now: Date.now(),
    mayDoEverything: lacks.length === 0,
  };
}

/** Undefined where the user may not list them: what they say is not known. */
async function list(
  cluster: Cluster,
  api: string,
  resource: string,
  signal: AbortSignal,
): Promise<KubeObject[] | undefined> {
  const path = `/${api}/namespaces/${encodeURIComponent(cluster.namespace)}/${resource}`;
  return cluster.request<KubeList>('GET', path, { signal }).then(
    ({ items }) => items,
    error => {
      if (isApiError(error, 403)) return undefined;
      throw error;
    },
  );
}

/** An empty selector is about all pods. */
function isAbout(selector: { matchLabels?: Record<string, string>; matchExpressions?: unknown[] } = {}, labels = {}) {
  const { matchLabels = {}, matchExpressions = [] } = selector;
  return matchExpressions.length === 0 && (Object.keys(matchLabels).length === 0 || selects(matchLabels, labels));
}

function podOf({ spec }: KubeObject): ClusterCheckup['pod'] {
  const { hostNetwork, hostPID, hostIPC, securityContext, automountServiceAccountToken, volumes = [] } = spec;
  return {
    ofHost: Object.entries({ hostNetwork, hostPID, hostIPC }).flatMap(([name, set]) => (set === true ? [name] : [])),
    hostPaths: volumes.flatMap((one: { hostPath?: { path: string } }) => one.hostPath?.path ?? []),
    securityContext: securityContext ?? {},
    hasToken: automountServiceAccountToken !== false,
    gracePeriod: spec.terminationGracePeriodSeconds ?? 30,
  };
}

/** Values of variables never leave the cluster. */
function containerOf(one: KubeObject): Omit<ClusterCheckup['containers'][number], 'limits' | 'requests'> {
  return {
    name: one['name'],
    image: one['image'],
    variables: (one['env'] ?? []).map(({ name }: { name: string }) => name),
    probes: ['readinessProbe', 'livenessProbe'].filter(name => one[name] !== undefined),
    securityContext: one['securityContext'] ?? {},
  };
}

/** Only the certificate is taken out of the Secret; its key is not looked at. */
async function certificatesOf(
  cluster: Cluster,
  { metadata, spec }: KubeObject,
  signal: AbortSignal,
): Promise<Certified[]> {
  const names = ((spec?.tls ?? []) as { secretName?: string }[]).flatMap(({ secretName }) => secretName ?? []);
  if (names.length === 0) return [{ site: `Ingress/${metadata.name}`, certificate: '' }];
  return Promise.all(
    names.map(async name => {
      const site = `Ingress/${metadata.name} Secret/${name}`;
      try {
        const secret = await getObject(cluster, corePath(cluster.namespace, 'secrets', name), signal);
        if (secret === undefined) return { site, why: 'there is no such Secret' };
        return { site, certificate: Buffer.from(secret['data']?.['tls.crt'] ?? '', 'base64').toString('utf8') };
      } catch (error) {
        return { site, why: messageOf(error) };
      }
    }),
  );
}
