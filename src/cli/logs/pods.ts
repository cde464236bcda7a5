import { SlipwayError } from '../../core/errors.ts';
import type { Cluster, WorkloadName } from '../../core/kubernetes/index.ts';
import type { Lines } from './command.ts';

interface Inputs {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly workload?: WorkloadName | undefined;
  readonly container?: string | undefined;
}

/** Asked of the API server, for every pod of the workload and of its canary. */
export async function podLogs(
  given: Readonly<Record<string, unknown>>,
  count: number,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Lines[]> {
  const { workload, container, kubeconfig, context, namespace } = given as Inputs;
  if (workload === undefined)
    throw new SlipwayError('CONFIG_INVALID', 'the deployment to the cluster names no workload', {
      hint: 'Write `workload: deployment/NAME` into slipway.yml.',
    });
  const { connectCluster, corePath, isApiError, podsOfDeployment, podsOfWorkload, viewPod } = await import(
    '../../core/kubernetes/index.ts'
  );
  const cluster = await connectCluster({ kubeconfig, context, namespace, env });
  try {
    const canary = podsOfDeployment(cluster, `${workload.name}-canary`, signal).catch(error => {
      if (isApiError(error, 404)) return [];
      throw error;
    });
    const pods = [...(await podsOfWorkload(cluster, workload, signal)), ...(await canary)].map(viewPod);
    const wanted = pods.flatMap(pod =>
      pod.containers
        .filter(({ name }) => container === undefined || name === container)
        .map(({ name }) => ({ pod: pod.name, container: name })),
    );
    return await Promise.all(
      wanted.map(async one => {
        const place = `pod ${one.pod} (${one.container})`;
        const path = `${corePath(cluster.namespace, 'pods', one.pod)}/log?container=${encodeURIComponent(one.container)}&tailLines=${count}`;
        return textOf(cluster, path, signal).then(
          text => ({ place, lines: text.split('\n').filter(line => line !== '') }),
          (problem: unknown) => ({ place, lines: [], problem }),
        );
      }),
    );
  } finally {
    cluster.close();
  }
}

async function textOf(cluster: Cluster, path: string, signal: AbortSignal): Promise<string> {
  const { status, body } = await cluster.raw('GET', path, { timeout: 30_000, signal });
  if (status === 200) return body;
  throw new SlipwayError('LOGS_REFUSED', `the API server answers ${status}: ${body.slice(0, 300)}`, {
    hint: 'The user needs the right to get pods/log.',
  });
}
