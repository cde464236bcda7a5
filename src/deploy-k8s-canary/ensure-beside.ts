import { messageOf } from '../core/errors.ts';
import { corePath, deploymentPath, type KubeObject, serverSideApply } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { baselineDeployment, canaryDeployment, canaryService, ownServices } from './canary-objects.ts';
import { namesOf } from './names.ts';
import { waitForRollout } from './rollout.ts';
import { RolloutError } from './rollout-error.ts';
import type { Session } from './session.ts';

/** Pods beside the workload's own: of the new release, and fresh ones of the old where they are asked for. */
export interface Count {
  readonly canary: number;
  readonly baseline: number;
}

export function larger(one: Count, other: Count): Count {
  return {
    canary: Math.max(one.canary, other.canary),
    baseline: Math.max(one.baseline, other.baseline),
  };
}

/** Makes what stands beside the workload, all of it at once so that no side is older, and waits until its pods are ready. */
export async function ensureBeside(session: Session, count: Count): Promise<void> {
  const { cluster, plan, signal, state } = session;
  const { desired, live } = plan.situation;
  const router = state.router!;
  const deployments = [
    canaryDeployment(desired, live!, router.hold, count.canary),
    ...(router.baseline === undefined ? [] : [baselineDeployment(live!, router.baseline, count.baseline)]),
  ];
  const apply = (path: string, object: KubeObject) => serverSideApply(cluster, path, object, { signal });
  for (const one of deployments) await apply(deploymentPath(cluster.namespace, one.metadata.name), one);
  for (const name of ownServices(state))
    await apply(corePath(cluster.namespace, 'services', name), canaryService(name, plan.router!.service, live!));
  await allReady(
    session,
    deployments.map(({ metadata }) => metadata.name),
  );
}

/** Nothing waits on when one of them has failed. */
async function allReady(session: Session, names: readonly string[]): Promise<void> {
  const { cluster, options, state } = session;
  const failed = new AbortController();
  const ready = async (name: string) => {
    try {
      await waitForRollout(
        cluster,
        { kind: 'Deployment', name },
        {
          within: options.timeout,
          signal: AbortSignal.any([session.signal, failed.signal]),
          onProgress: line => log.info(`  ${name}: ${line}`),
        },
      );
    } catch (error) {
      throw name === namesOf(state.workload).baseline && error instanceof RolloutError ? ofOldRelease(error) : error;
    }
  };
  try {
    await Promise.all(names.map(ready));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

function ofOldRelease(error: RolloutError): RolloutError {
  return new RolloutError(
    'BASELINE_NOT_READY',
    `the fresh pods of the old release, with which the new one was to be compared, do not become ready: ${messageOf(error)}`,
    {
      lines: error.lines,
      hint: 'Nothing is known of the new release. Mend that, or deploy with `baseline: stable`.',
      cause: error,
    },
  );
}
