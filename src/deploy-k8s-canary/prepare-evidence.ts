import { type Cluster, missingPermissions, permissions, podsOfWorkload } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { budgetLine } from './budget.ts';
import { type Prepared, prepare } from './metrics/prepare.ts';
import { viewOf } from './metrics/view.ts';
import type { Options } from './options.ts';
import { type OfWorkload, targetOf } from './target.ts';

/** At which port pods are asked directly; where they cannot be, that is said. */
export async function portOf(
  cluster: Cluster,
  options: Options,
  port: number | undefined,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [forbidden] = await missingPermissions(cluster, permissions('get pods/proxy'), signal);
  const found = forbidden === undefined ? port : undefined;
  if (found === undefined && options.probes.length > 0) {
    const why = forbidden === undefined ? 'their port is not known' : 'the kubeconfig’s user may not get pods/proxy';
    log.warning(
      `Pods cannot be asked directly, because ${why}: own requests cannot be told apart by release${options.metrics.length > 0 ? '' : ', and the evidence will hardly suffice to promote'}.`,
    );
  }
  return found;
}

export async function prepareMetrics(
  cluster: Cluster,
  options: Options,
  of: OfWorkload,
  signal: AbortSignal,
): Promise<Prepared[]> {
  const view = viewOf(cluster, options);
  if (view === undefined) return [];
  const pods = (await podsOfWorkload(cluster, targetOf(of), signal)).map(pod => pod.metadata.name);
  const metrics = await prepare(options.metrics, view, pods, options.tolerance, signal);
  for (const { warning } of metrics) if (warning !== undefined) log.warning(warning);
  return metrics;
}

/** What the promised certainty needs, and when it will have come. */
export function sayBudget(options: Options, metrics: readonly Prepared[]): string[] {
  const own = options.probes.length === 0 ? [] : [budgetLine(options)];
  const users = metrics.map(({ name, tolerance, history: { traffic, phi } }) =>
    budgetLine(options, { metric: name, tolerance, traffic, phi }),
  );
  return [...own, ...users].map(({ line, enough }) => {
    if (enough) log.info(line);
    else log.warning(line);
    return line;
  });
}
