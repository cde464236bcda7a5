import {
  type Cluster,
  explainPod,
  type KubeObject,
  patchObject,
  podsOfWorkload,
  type Trouble,
  troubleOf,
  viewPod,
  workloadPath,
} from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import { applyWorkload, strategyPatch } from '../apply-release.ts';
import { withoutTheirReplicas } from '../replicas.ts';
import { countsOf } from '../rollout.ts';
import { podFailure, RolloutError } from '../rollout-error.ts';
import { sayingWhy, waitedFor } from '../saying-why.ts';
import type { Session } from '../session.ts';
import type { RolloutState } from '../state.ts';
import { targetOf, titleOf } from '../target.ts';
import { replaceOnNodes } from './nodes.ts';
import { presentRevision, type SetSides, sidesBy } from './revision.ts';
import { podsFor } from './shares.ts';

/** How many pods there are to be, and how many of them have the new release, or are to have it. */
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
  const situation = await withoutTheirReplicas(cluster, plan.situation, signal);
  const wanted: number = situation.manifest?.['spec'].replicas ?? (await wantedNow(session));
  await applyWorkload(cluster, situation, signal, heldStrategy(situation.desired, podsFor(percent, wanted), wanted));
  return settled(session, percent, wanted);
}

/** The same share of another number of pods: scaled, or nodes have come or gone. */
export async function bringAgain(session: Session, percent: number, wanted: number): Promise<Divided> {
  const { cluster, plan, state, signal } = session;
  const pods = podsFor(percent, wanted);
  const strategy = heldStrategy(plan.situation.desired, pods, wanted);
  await patchObject(cluster, pathOf(session), now => strategyPatch(now, strategy), signal);
  log.info(`  ${titleOf(state)}: ${pods} of ${wanted} pods are to have the new release`);
  return settled(session, percent, wanted);
}

/** As long as the set is scaled while its pods are waited for, the share is made again. */
async function settled(session: Session, percent: number, wanted: number): Promise<Divided> {
  const found = await untilReady(session, { wanted, pods: podsFor(percent, wanted) });
  return found.wanted === wanted ? found : bringAgain(session, percent, found.wanted);
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

/** @returns how many there are when enough are ready, or another number of pods that there are to be by now */
async function untilReady(session: Session, { wanted, pods }: Divided): Promise<Divided> {
  const { cluster, options, signal, state } = session;
  const { kind, name } = targetOf(state);
  let said = '';
  let keeps: Trouble | undefined;
  const wait = () =>
    cluster.watch<Divided>(workloadPath(cluster.namespace, { kind }), {
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
        keeps = waitedFor(sides.fresh);
        const now = countsOf(set).wanted;
        if (now === 0) throw scaledToNone(state);
        if (now !== wanted) return { wanted: now, pods: 0 };
        const trouble = sides.fresh.map(troubleOf).find(one => one?.final);
        if (trouble !== undefined) throw podFailure(trouble, await explainPod(cluster, trouble, signal));
        const ready = sides.fresh.filter(pod => viewPod(pod).ready).length;
        const line = `${ready} of ${pods} pods of the new release are ready, of ${now} in all`;
        if (line !== said) log.info(`  ${titleOf(state)}: ${line}`);
        said = line;
        // after it was scaled up pods below the partition may have it, too
        if (ready >= pods) return { wanted, pods: sides.fresh.filter(pod => !viewPod(pod).deleting).length };
        if (kind === 'DaemonSet') await replaceOnNodes(session, sides, { pods, wanted });
        return undefined;
      },
    });
  return sayingWhy(cluster, () => keeps, wait);
}

function scaledToNone(state: RolloutState): RolloutError {
  return new RolloutError(
    'SCALED_TO_NONE',
    `${titleOf(state)} is to have no pods any more: there is nothing to judge`,
    {
      hint: 'Somebody scaled it to 0, or no node takes its pods. Deploy again when it has pods.',
    },
  );
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
