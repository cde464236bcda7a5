import { type KubeObject, type PodView, type Trouble, troubleOf, viewPod } from '../core/kubernetes/index.ts';

/** A pod that is not ready for so long (milliseconds) is no flap. */
const unreadyFor = 10_000;

interface Known {
  restarts: number;
  ready: boolean;
  /** When it stopped being ready; undefined while it is, and before it first was. */
  unreadySince?: number | undefined;
}

/**
 * What the kubelet says of pods that served already: one that crashed or is not ready any more. It is the release's fault only as
 * long as nothing of the kind befalls the old pods: a node in trouble takes both. Pure, but for what it remembers.
 */
export class PodSignals {
  readonly #pods = new Map<string, Known>();
  #oldTroubled = false;

  /**
   * @param now milliseconds
   * @returns why the new release must go back
   */
  add(fresh: readonly KubeObject[], old: readonly KubeObject[], now: number): Trouble | undefined {
    for (const pod of old) if (this.#worse(pod, now) !== undefined) this.#oldTroubled = true;
    const troubles = fresh.map(pod => this.#worse(pod, now));
    return this.#oldTroubled ? undefined : troubles.find(one => one !== undefined);
  }

  #worse(pod: KubeObject, now: number): Trouble | undefined {
    const view = viewPod(pod);
    if (view.deleting) return undefined;
    const restarts = view.containers.reduce((sum, one) => sum + one.restarts, 0);
    const key = pod.metadata.uid ?? view.name; // a StatefulSet’s next pod has the same name
    const known = this.#pods.get(key) ?? { restarts, ready: false };
    this.#pods.set(key, known);
    const grown = restarts - known.restarts;
    known.restarts = restarts;
    if (view.ready) {
      known.ready = true;
      known.unreadySince = undefined;
    } else if (known.ready) known.unreadySince ??= now;
    if (grown > 0 && known.ready) return crashOf(pod, view);
    const since = known.unreadySince;
    if (since === undefined || now - since < unreadyFor) return undefined;
    const container = view.containers.find(one => !one.ready)?.name;
    return {
      code: 'READINESS_LOST',
      final: true,
      pod: view.name,
      ...(container === undefined ? {} : { container }),
      detail: `it served, and has not been ready for ${Math.round((now - since) / 1000)} s`,
    };
  }
}

/** A container that served and was started again, whatever it ended by. */
function crashOf(pod: KubeObject, { name, containers }: PodView): Trouble {
  const said = troubleOf(pod);
  if (said !== undefined) return { ...said, final: true };
  const container = containers.find(one => one.restarts > 0)?.name;
  const detail = 'a container that served was started again';
  return { code: 'RESTARTED', final: true, pod: name, ...(container === undefined ? {} : { container }), detail };
}
