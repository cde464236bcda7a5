import { isDeepStrictEqual } from 'node:util';
import { sleep } from '../../core/deadline.ts';
import type { Cluster } from '../../core/kubernetes/index.ts';
import {
  imageDigest,
  type KubeObject,
  type PatchOperation,
  patchObject,
  workloadPath,
} from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import { strategyPatch } from '../apply-release.ts';
import { type Identity, proveImage } from '../identity.ts';
import { raised } from '../raised.ts';
import { proveRestored } from '../restored.ts';
import type { Restore } from '../rollback.ts';
import { waitForRollout } from '../rollout.ts';
import type { RolloutState } from '../state.ts';
import { targetOf, titleOf } from '../target.ts';
import { unstick } from './unstick.ts';

/** Milliseconds: pods go back one after the other. */
const within = 1_800_000;

/**
 * Gives a StatefulSet or DaemonSet its former template and update strategy, and waits until all of its pods are of it. With the
 * template alone the pods of the new release would come back only as they are replaced, and one that does not start never.
 *
 * @returns which image the pods run, or undefined when there was no time to look: then they are still going back
 */
export async function restoreSet(
  cluster: Cluster,
  state: RolloutState,
  { signal, journal, hurry = false }: Restore,
): Promise<Identity | undefined> {
  const target = targetOf(state);
  const path = workloadPath(cluster.namespace, target);
  await journal.span(`restoring ${titleOf(state)}`, () =>
    patchObject(cluster, path, now => formerPatch(now, state), signal),
  );
  if (hurry) {
    await sleep(1000, signal); // until its controller has seen the template
    await unstick(cluster, await cluster.request<KubeObject>('GET', path, { signal }), signal);
    return undefined;
  }
  await journal.span('waiting for the old pods', () =>
    waitForRollout(cluster, target, {
      within,
      signal,
      onProgress: line => log.info(`  ${titleOf(state)}: ${line.replace('new', 'of the old release')}`),
      each: set => unstick(cluster, set, signal),
    }),
  );
  journal.note(`Read back: ${await proveRestored(cluster, state, { signal, hurry })}.`);
  const digest = imageDigest(state.previous);
  return proveImage(cluster, target, state.container, state.previous, digest === '' ? [] : [digest], signal);
}

/** Replicas that the release's manifest set are what they were; others are only raised: somebody scales it. */
function formerPatch(now: KubeObject, { former, progress }: RolloutState): PatchOperation[] {
  const { template, replicas, updateStrategy } = former!;
  const given = progress?.work.manifest?.['spec'].replicas;
  const own = given !== undefined && given === now['spec'].replicas && given !== replicas;
  return [
    ...strategyPatch(now, updateStrategy),
    ...(isDeepStrictEqual(now['spec'].template, template)
      ? []
      : [{ op: 'replace' as const, path: '/spec/template', value: template }]),
    ...(own ? [{ op: 'replace' as const, path: '/spec/replicas', value: replicas }] : (raised(now, replicas) ?? [])),
  ];
}
