import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Options } from '../options.ts';
import type { FoundRouter } from '../routers/router.ts';
import type { Situation } from '../situation.ts';
import { isUnfinished } from '../state.ts';
import { findImage } from './image-text.ts';
import { differs } from './list-text.ts';
import { routeKinds } from './route-kinds.ts';
import { findWeights, nameIn, namesIn } from './weights-text.ts';

/**
 * That the manifests say what the cluster is, so that a rollout can begin from there; it begins at the commit that is checked out.
 *
 * @returns whether the manifests have the new image already, and only the cluster has to follow
 * @throws RENDER_MISMATCH, and what {@link findImage} finds
 */
export async function checkRenderedImage(
  { rendered, releaseId, image: asked }: Options,
  { workload, container, image, previous, state }: Situation,
  signal: AbortSignal,
): Promise<boolean> {
  // what an earlier run left is ended first
  if (rendered === undefined || isUnfinished(state)) return false;
  rendered.base = await rendered.tree.head(signal);
  rendered.release = { workload, id: releaseId, image: asked ?? image };
  const place = findImage(await rendered.tree.sources(), { workload, container, image });
  if (place.says(previous)) {
    place.with(image); // what cannot be written is said before anything is
    return false;
  }
  if (place.says(image)) {
    log.info(`${place.source.path} has ${image} already: only the cluster has to follow.`);
    return true;
  }
  throw new SlipwayError(
    'RENDER_MISMATCH',
    `${place.source.path} says ${place.image}, and Deployment/${workload} has ${previous}`,
    { hint: 'Wait until the cluster has followed what is committed, then run again. Nothing was changed.' },
  );
}

/** That the route's lists are in the manifests, as the cluster has them. */
export async function checkRenderedRoute({ rendered }: Options, { state }: FoundRouter, left: boolean): Promise<void> {
  if (rendered === undefined || left || !('route' in state)) return;
  const kind = routeKinds.find(one => one.kind === state.object)!;
  const sources = await rendered.tree.sources();
  for (const rule of state.rules) {
    const place = findWeights(sources, kind, state.route, rule.at);
    const [old, live] = [namesIn(place, kind), rule.backends.map(one => nameIn(one, kind.nameAt))];
    if (old.join() !== live.join()) throw differs(place.source, kind, old, live);
  }
}
