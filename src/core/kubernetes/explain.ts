import type { Cluster } from './cluster.ts';
import type { KubeList, KubeObject } from './objects.ts';
import type { Trouble } from './pod-trouble.ts';
import { corePath } from './workload.ts';

/**
 * What a person wants to see of a pod in trouble: its last events and its container's last log lines. Never throws: an
 * explanation that cannot be had must not hide the trouble; what could not be read is said in its place.
 */
export async function explainPod(cluster: Cluster, trouble: Trouble, signal?: AbortSignal): Promise<string[]> {
  const [events, log] = await Promise.all([
    eventLines(cluster, trouble.pod, signal),
    logLines(cluster, trouble, signal),
  ]);
  return [...events, ...log];
}

async function eventLines(cluster: Cluster, pod: string, signal?: AbortSignal): Promise<string[]> {
  try {
    const { items } = await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'events'), {
      query: { fieldSelector: `involvedObject.name=${pod}` },
      signal,
      within: 5000,
    });
    const time = (event: KubeObject) =>
      String(event['lastTimestamp'] ?? event['eventTime'] ?? event.metadata.creationTimestamp ?? '');
    return items
      .toSorted((a, b) => time(a).localeCompare(time(b)))
      .slice(-6)
      .map(event => `event ${event['reason']}: ${String(event['message']).trim()}`);
  } catch (error) {
    return [`(the events of ${pod} cannot be read: ${(error as Error).message})`];
  }
}

/** Of the run that crashed where there is one, else of the present one. */
async function logLines(cluster: Cluster, { pod, container, code }: Trouble, signal?: AbortSignal): Promise<string[]> {
  if (container === undefined || code === 'IMAGE_PULL' || code === 'CONTAINER_CONFIG') return [];
  for (const previous of [true, false]) {
    try {
      const query = new URLSearchParams({ container, tailLines: '20', previous: String(previous) });
      const { status, body } = await cluster.raw('GET', `${corePath(cluster.namespace, 'pods', pod)}/log?${query}`, {
        timeout: 5000,
        signal,
      });
      if (status === 200 && body.trim() !== '')
        return body
          .trim()
          .split('\n')
          .map(line => `log ${container}: ${line}`);
    } catch {
      break;
    }
  }
  return [`(container ${container} has written no log)`];
}
