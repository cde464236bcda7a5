import { SlipwayError } from '../../core/errors.ts';
import type { Cluster } from '../../core/kubernetes/cluster.ts';
import type { KubeList, KubeObject } from '../../core/kubernetes/objects.ts';
import type { WorkloadName } from '../../core/kubernetes/workload.ts';
import type { Deployment, ReleaseRecord } from '../../core/record/schema.ts';
import { imageOf, nameOfDeployment, short } from '../chain.ts';
import { judgePods, type Sight, type Wanted } from './judge-pods.ts';
import { type Look, type Subject, unseen, wholeMessage } from './subject.ts';

/** Milliseconds for one request, tries included: the loop of looks tries again by itself. */
const requestTime = 10_000;

/** `context/namespace`; the names of contexts may hold slashes. */
export function parsePlace(place: string): { context: string; namespace: string } {
  const at = place.lastIndexOf('/');
  return { context: place.slice(0, Math.max(0, at)), namespace: place.slice(at + 1) };
}

/** What the pods of the record's deployment must run. */
export function wantedImage(record: ReleaseRecord, deployment: Deployment): Wanted {
  const [repository = '', digest = ''] = (deployment.image ?? '').split('@');
  const image = imageOf(record, deployment);
  const digests = [digest, ...(image?.platforms ?? []).flatMap(platform => [platform.digest, platform.config])];
  return {
    image: deployment.image ?? 'unknown',
    digests: new Set(digests),
    previous: deployment.previous,
    repositories: [...new Set([repository, ...(image?.repositories ?? [])])],
  };
}

/** The workload of a record, looked at through the Kubernetes API. */
export async function clusterSubject(
  deployment: Deployment,
  record: ReleaseRecord,
  access: { readonly kubeconfig: string | undefined; readonly context: string | undefined },
): Promise<Subject> {
  const kubernetes = await import('../../core/kubernetes/index.ts');
  const { context, namespace } = parsePlace(deployment.place);
  const target = kubernetes.parseWorkload(deployment.service);
  const cluster = await kubernetes.connectCluster({
    kubeconfig: access.kubeconfig,
    context: access.context ?? (context === '' ? undefined : context),
    namespace,
  });
  const wanted = wantedImage(record, deployment);
  return {
    name: nameOfDeployment(deployment),
    expected: short(deployment.image?.split('@')[1] ?? 'unknown'),
    close: async () => cluster.close(),
    journal: signal => podJournal(kubernetes, cluster, namespace, target, signal),
    look: async (signal): Promise<Look> => {
      try {
        return judgePods(await see(kubernetes, cluster, namespace, target, signal), wanted);
      } catch (error) {
        if (signal.aborted) throw error;
        if (kubernetes.isApiError(error, 404)) {
          const detail = `there is no ${deployment.service} in the namespace ${namespace}`;
          return { ...unseen('workload-missing', detail, true), state: 'other' };
        }
        const final = kubernetes.isApiError(error, 401) || kubernetes.isApiError(error, 403);
        const known = error instanceof SlipwayError && error.code.startsWith('KUBECONFIG');
        return unseen(final || known ? 'no-access' : 'unreachable', wholeMessage(error), final || known);
      }
    },
  };
}

/** What is wrong with the pods, and what they wrote last: at most of two. */
async function podJournal(
  kubernetes: Kubernetes,
  cluster: Cluster,
  namespace: string,
  target: WorkloadName,
  signal: AbortSignal,
): Promise<string[]> {
  const pods = await kubernetes.podsOfWorkload(cluster, target, signal, namespace);
  const troubled = pods.flatMap(pod => kubernetes.troubleOf(pod) ?? []);
  if (troubled.length > 0) {
    const explained = await Promise.all(
      troubled
        .slice(0, 2)
        .map(async one => [`${one.pod}: ${one.detail}`, ...(await kubernetes.explainPod(cluster, one, signal))]),
    );
    return explained.flat();
  }
  const logs = pods.slice(0, 2).map(async pod => {
    const path = `${kubernetes.corePath(namespace, 'pods', pod.metadata.name)}/log?tailLines=20`;
    const { status, body } = await cluster.raw('GET', path, { timeout: 5000, signal });
    const lines = status === 200 ? body.trim().split('\n').filter(Boolean) : [];
    return lines.map(line => `${pod.metadata.name}: ${line}`);
  });
  return (await Promise.all(logs)).flat();
}

type Kubernetes = typeof import('../../core/kubernetes/index.ts');

async function see(
  kubernetes: Kubernetes,
  cluster: Cluster,
  namespace: string,
  target: WorkloadName,
  signal: AbortSignal,
): Promise<Sight> {
  const get = <T = KubeList>(path: string) => cluster.request<T>('GET', path, { signal, within: requestTime });
  const deployment = await get<KubeObject>(kubernetes.workloadPath(namespace, target));
  const [owned, services, pods] = await Promise.all([
    kubernetes.podsOfWorkload(cluster, target, signal, namespace),
    get(kubernetes.corePath(namespace, 'services')),
    get(kubernetes.corePath(namespace, 'pods')),
  ]);
  const labels = deployment['spec'].template.metadata?.labels ?? {};
  const fronting = services.items.filter(service => kubernetes.selects(service['spec']?.selector, labels));
  const mine = new Set(owned.map(pod => pod.metadata.name));
  const beside = pods.items.filter(
    pod =>
      !mine.has(pod.metadata.name) &&
      !['Succeeded', 'Failed'].includes(pod['status']?.phase) &&
      fronting.some(service => kubernetes.selects(service['spec'].selector, pod.metadata.labels)),
  );
  return { deployment, owned: owned.map(kubernetes.viewPod), beside: beside.map(kubernetes.viewPod) };
}
