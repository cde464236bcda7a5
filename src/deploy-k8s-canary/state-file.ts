import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  contentTypes,
  getObject,
  isApiError,
  type KubeObject,
  serverSideApply,
  untilWon,
} from '../core/kubernetes/index.ts';
import { namesOf } from './names.ts';
import { isUnfinished, parseState, type RolloutState, statePath } from './state.ts';

/** What a run of `mode: pause` or `promote` asks of the run that drives the rollout. */
export interface Order {
  readonly order: 'pause' | 'promote';
  readonly by: string;
}

/** So many lost races in a row are no accident. */
const races = 10;

/**
 * The state as the holder of the lease writes it. Each write is bound to the version that this process wrote or read last, so
 * that one who has lost the lease, and does not know it yet, cannot write over the state of the one who has it now.
 */
export class StateFile {
  readonly cluster: Cluster;
  readonly workload: string;
  #map: KubeObject | undefined;
  #state: RolloutState | undefined;

  private constructor(cluster: Cluster, workload: string, map: KubeObject | undefined) {
    this.cluster = cluster;
    this.workload = workload;
    this.#map = map;
    this.#state = map && parseState(map);
  }

  /** Reads the state; an unfinished one is signed by the new holder at once: whoever drove it before is shut out. */
  static async open(cluster: Cluster, workload: string, holder: string, signal: AbortSignal): Promise<StateFile> {
    const file = new StateFile(cluster, workload, await getObject(cluster, statePath(cluster, workload), signal));
    if (isUnfinished(file.state)) await file.write({ ...file.state, holder }, signal);
    return file;
  }

  /** As it was read or written last; undefined when nothing was ever rolled out. */
  get state(): RolloutState | undefined {
    return this.#state;
  }

  /** @throws LOCK_LOST when another run has written in the meantime */
  async write(state: RolloutState, signal: AbortSignal): Promise<RolloutState> {
    const updated: RolloutState = { ...state, updated: new Date().toISOString() };
    const text = JSON.stringify(updated);
    for (let attempt = 1; ; attempt++) {
      try {
        this.#map = await this.#apply(text, signal);
        break;
      } catch (error) {
        if (!isApiError(error, 409) || attempt === races) throw error;
        const now = await getObject(this.cluster, statePath(this.cluster, this.workload), signal);
        const [found, known] = [textOf(now), textOf(this.#map)];
        if (found !== text && found !== known) throw shutOut(this.workload, now && parseState(now).holder);
        this.#map = now; // with an order in it, or our own write whose answer was lost
        if (found === text) break;
      }
    }
    this.#state = updated;
    return updated;
  }

  #apply(text: string, signal: AbortSignal): Promise<KubeObject> {
    const resourceVersion = this.#map?.metadata.resourceVersion;
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: namesOf(this.workload).state,
        labels: { 'slipway/workload': this.workload },
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      data: { state: text },
    };
    return serverSideApply(this.cluster, statePath(this.cluster, this.workload), object, { signal });
  }

  /** What was asked for since the last {@link clearOrder}. */
  async order(signal: AbortSignal): Promise<Order | undefined> {
    return orderOf(await getObject(this.cluster, statePath(this.cluster, this.workload), signal));
  }

  /** To be done when the state says what came of it. */
  async clearOrder(signal: AbortSignal): Promise<void> {
    if ((await this.order(signal)) !== undefined) await putOrder(this.cluster, this.workload, null, signal);
  }
}

/** An order beside the state; its own manager's, so that the driver's writes leave it alone. */
export async function putOrder(
  cluster: Cluster,
  workload: string,
  order: Order | null,
  signal: AbortSignal,
): Promise<void> {
  const path = statePath(cluster, workload);
  const once = (limited: AbortSignal) =>
    cluster.request('PATCH', path, {
      body: { data: { order: order && JSON.stringify(order) } },
      contentType: contentTypes.mergePatch,
      query: { fieldManager: 'slipway-order' },
      signal: limited,
    });
  await untilWon(path, once, signal);
}

export function orderOf(map: KubeObject | undefined): Order | undefined {
  const text: string | undefined = map?.['data']?.order;
  return text === undefined ? undefined : (JSON.parse(text) as Order);
}

function textOf(map: KubeObject | undefined): string | undefined {
  return map?.['data']?.state;
}

function shutOut(workload: string, holder: string | undefined): SlipwayError {
  const who = holder === undefined ? 'somebody else' : `"${holder}"`;
  return new SlipwayError(
    'LOCK_LOST',
    `the state of the rollout of ${workload} was written by ${who} in the meantime`,
    {
      hint: 'This run stopped writing at once: the run that holds the lease now brings the rollout to an end.',
    },
  );
}
