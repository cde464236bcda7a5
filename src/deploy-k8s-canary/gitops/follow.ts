import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, type KubeObject, nameOf } from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import { formatDuration } from '../../core/units.ts';

/** Milliseconds from look to look. */
const every = 500;

/** What is waited for. */
export interface Expected {
  /** Path of the object. */
  readonly path: string;
  /** As people read it: `image ghcr.io/…`. */
  readonly what: string;
  /** What the object says of it now. */
  readonly seen: (object: KubeObject) => string;
  readonly shows: (object: KubeObject) => boolean;
  /** Milliseconds. */
  readonly within: number;
}

/**
 * Waits until whatever follows the repository has brought a commit into the cluster.
 *
 * @throws NOT_FOLLOWED with what the cluster shows instead
 */
export async function follow(cluster: Cluster, expected: Expected, signal?: AbortSignal): Promise<KubeObject> {
  const { path, what, seen, shows, within } = expected;
  const until = performance.now() + within;
  let said = false;
  for (;;) {
    const object = await cluster.request<KubeObject>('GET', path, { signal });
    if (shows(object)) return object;
    if (!said) log.info(`  waiting for the cluster to follow: ${what}`);
    said = true;
    if (performance.now() > until)
      throw new SlipwayError(
        'NOT_FOLLOWED',
        `${nameOf(object)} does not show what git says (${what}) after ${formatDuration(within)}: it has ${seen(object)}`,
        {
          hint: 'See whether Argo CD or Flux follows this branch and folder, and what it says of its last sync; raise sync-timeout if it looks less often.',
        },
      );
    await sleep(every, signal);
  }
}
