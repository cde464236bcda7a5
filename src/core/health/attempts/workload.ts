import type { Cluster, KubeList, KubeObject } from '../../kubernetes/index.ts';
import type { WorkloadCheck } from '../check.ts';
import { ProbeFailure } from '../observation.ts';
import { raced } from '../raced.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { accessFailure } from './on-host.ts';
import { type BackEnd, judgeWorkload } from './workload-verdict.ts';

/** What the API server says of the workload, its pods, and the Services in front of them. */
export async function workload(check: WorkloadCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  const { reach, signal } = options;
  if (reach === undefined) throw new ProbeFailure('no-access', 'this gate asks no cluster', { retriable: false });
  trace.enter('firstByte');
  const kubernetes = await import('../../kubernetes/index.ts');
  try {
    // a program that gives credentials may hang
    const looking = reach.cluster(check.context).then(cluster => see(kubernetes, cluster, check, signal));
    const seen = await raced(looking, signal);
    trace.leave('firstByte');
    return judgeWorkload(check, seen, trace);
  } catch (error) {
    if (kubernetes.isApiError(error, 404)) {
      throw new ProbeFailure('workload', `there is no ${check.name}`, { cause: error });
    }
    if (kubernetes.isApiError(error, 401) || kubernetes.isApiError(error, 403)) {
      throw new ProbeFailure('no-access', (error as Error).message, { retriable: false, cause: error });
    }
    throw accessFailure(error, signal);
  }
}

type Kubernetes = typeof import('../../kubernetes/index.ts');

async function see(kubernetes: Kubernetes, cluster: Cluster, check: WorkloadCheck, signal: AbortSignal) {
  const namespace = check.namespace ?? cluster.namespace;
  const get = <T = KubeList>(path: string) => cluster.request<T>('GET', path, { signal, within: 10_000 });
  const target = { kind: check.workload, name: check.object };
  const object = await get<KubeObject>(kubernetes.workloadPath(namespace, target));
  const [all, services, slices] = await Promise.all([
    kubernetes.podsOfWorkload(cluster, target, signal, namespace),
    get(kubernetes.corePath(namespace, 'services')),
    get(`/apis/discovery.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/endpointslices`),
  ]);
  const labels = object['spec'].template.metadata?.labels ?? {};
  const pods = all.map(kubernetes.viewPod);
  const names = new Set(pods.map(pod => pod.name));
  const backEnds = services.items
    .filter(service => kubernetes.selects(service['spec']?.selector, labels))
    .map((service): BackEnd => {
      const own = slices.items.filter(
        one => one.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name,
      );
      const ready = new Set(
        own.flatMap(slice =>
          ((slice['endpoints'] ?? []) as { conditions?: { ready?: boolean }; targetRef?: { name: string } }[])
            .filter(one => one.conditions?.ready !== false && names.has(one.targetRef?.name ?? ''))
            .map(one => one.targetRef!.name),
        ),
      );
      return { service: service.metadata.name, ready: ready.size };
    });
  return { object, pods, backEnds };
}
