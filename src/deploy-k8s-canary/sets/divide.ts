import {
  type Cluster,
  explainPod,
  type KubeObject,
  patchObject,
  podsOfWorkload,
  troubleOf,
  viewPod,
  workloadPath,
} from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import { applyWorkload, strategyPatch } from '../apply-release.ts';
import { countsOf } from '../rollout.ts';
import { podFailure, RolloutError } from '../rollout-error.ts';
import type { Session } from '../session.ts';
import { targetOf, titleOf } from '../target.ts';
import { replaceOnNodes } from './nodes.ts';
import { presentRevision, type SetSides, sidesBy } from './revision.ts';
import { podsFor } from './shares.ts';

/** How many pods there are to be, and how many of them of the new release. */
export interface Divided {
  readonly wanted: number;
  readonly pods: number;
}

/**
 * Gives so much of a set the new release, and waits until these pods are ready: of a StatefulSet those from the highest ordinal
 * down, by its partition; of a DaemonSet those of the first nodes, which are deleted while nobody else replaces any (OnDelete).
 */
export async function bring(session: Session, percent: number): Promise<Divided> {
  const { cluster, plan, signal } = session;
  const { situation } = plan;
  const wanted: number = situation.manifest?.['spec'].replicas ?? (await wantedNow(session));
  const pods = podsFor(percent, wanted);
  await applyWorkload(cluster, situation, signal, heldStrategy(situation.desired, pods, wanted));
  await untilReady(session, pods);
  return { wanted, pods };
}

/** The same share of another number of pods: scaled, or nodes have come or gone. */
export async function bringAgain(session: Session, percent: number, wanted: number): Promise<Divided> {
  const { cluster, plan, state, signal } = session;
  const pods = podsFor(percent, wanted);
  const strategy = heldStrategy(plan.situation.desired, pods, wanted);
  await patchObject(cluster, pathOf(session), now => strategyPatch(now, strategy), signal);
  log.info(`  ${titleOf(state)}: ${pods} of ${wanted} pods are to have the new release`);
  await untilReady(session, pods);
  return { wanted, pods };
}

export async function wantedNow(session: Session): Promise<number> {
  const set = await session.cluster.request<KubeObject>('GET', pathOf(session), { signal: session.signal });
  return countsOf(set).wanted;
}

function pathOf({ cluster, state }: Session): string {
  return workloadPath(cluster.namespace, targetOf(state));
}

/** The update strategy with which no more pods than these are replaced. Pure. */
export function heldStrategy({ kind, spec }: KubeObject, pods: number, wanted: number): object {
  if (kind === 'DaemonSet') return { type: 'OnDelete' };
  const { rollingUpdate } = spec.updateStrategy ?? {};
  return { type: 'RollingUpdate', rollingUpdate: { ...rollingUpdate, partition: Math.max(0, wanted - pods) } };
}

async function untilReady(session: Session, pods: number): Promise<void> {
  const { cluster, options, signal, state } = session;
  const { kind, name } = targetOf(state);
  let said = '';
  await cluster.watch(workloadPath(cluster.namespace, { kind }), {
    doing: `waiting for ${pods} pods of ${titleOf(state)}`,
    within: options.timeout,
    signal,
    fieldSelector: `metadata.name=${name}`,
    async seen([listed]) {
      if (listed === undefined)
        throw new RolloutError('WORKLOAD_MISSING', `${titleOf(state)} was deleted while it was rolled out`);
      const set = { ...listed, kind };
      const sides = await dividedPods(cluster, set, signal);
      if (sides === undefined) return undefined; // its controller has not seen the template yet
      const trouble = sides.fresh.map(troubleOf).find(one => one?.final);
      if (trouble !== undefined) throw podFailure(trouble, await explainPod(cluster, trouble, signal));
      const ready = sides.fresh.filter(pod => viewPod(pod).ready).length;
      const line = `${ready} of ${pods} pods of the new release are ready, of ${countsOf(set).wanted} in all`;
      if (line !== said) log.info(`  ${titleOf(state)}: ${line}`);
      said = line;
      if (ready >= pods) return true;
      if (kind === 'DaemonSet') await replaceOnNodes(session, sides, { pods, wanted: countsOf(set).wanted });
      return undefined;
    },
  });
}

/** @returns undefined as long as the set's controller has not seen its present template */
export async function dividedPods(
  cluster: Cluster,
  set: KubeObject,
  signal: AbortSignal,
): Promise<SetSides | undefined> {
  const revision = await presentRevision(cluster, set, signal);
  if (revision === undefined) return undefined;
  const kind = set.kind as 'StatefulSet' | 'DaemonSet';
  const pods = await podsOfWorkload(cluster, { kind, name: set.metadata.name }, signal);
  return sidesBy(revision, pods);
}
