import type { Cluster } from '../../core/kubernetes/index.ts';
import type { Options } from '../options.ts';
import type { Plan } from '../preflight.ts';
import { shareOf } from '../routers/weighted.ts';
import { isUnfinished, type RouteState } from '../state.ts';
import { describeBackends, divided } from '../weights.ts';
import { type Source, sourceOf } from './documents.ts';
import { findImage } from './image-text.ts';
import { listText } from './list-text.ts';
import { messageOf } from './message.ts';
import { routeKinds } from './route-kinds.ts';
import type { Rendering } from './through-git.ts';
import { unifiedDiff } from './unified-diff.ts';
import { findWeights, withText } from './weights-text.ts';

/** The plan of `mode: render`: which commits there would be, in order, and what each changes in the files. Nothing is written. */
export async function commitLines(cluster: Cluster, plan: Plan, options: Options): Promise<string[]> {
  const { rendered, push } = options;
  if (rendered === undefined || plan.kind === 'unchanged') return [];
  const { state: left } = plan.situation;
  if (isUnfinished(left))
    return [
      `  git       the files are as the unfinished rollout of ${left.image} left them at ${left.weight} %, which is ended first: run \`mode: abort\`, then plan again`,
    ];
  const sources = await rendered.tree.sources();
  const image = imageLines(cluster, plan, rendered, sources);
  const state = plan.router?.state;
  const weights = push && plan.kind === 'canary' && state !== undefined && 'route' in state;
  const route = weights ? routeLines(cluster, state, rendered, sources, options.steps) : { steps: [], end: [] };
  const where = push
    ? 'each pushed to the branch that is checked out, and waited for'
    : 'left in the working tree, to be pushed or reviewed (push: false)';
  return [`  git       commits, ${where}:`, ...route.steps, ...image, ...route.end];
}

/** Which image a manifest says, and will say. */
function imageLines(
  cluster: Cluster,
  { situation: { workload, container, image } }: Plan,
  { release }: Rendering,
  sources: readonly Source[],
): string[] {
  const place = findImage(sources, { workload, container, image });
  const { path, text } = place.source;
  if (place.says(image)) return [`  commit    none: ${path} has the image already, and only the cluster has to follow`];
  return [subject(cluster, release, 'the image'), ...indented(unifiedDiff(path, text, place.with(image)))];
}

/** The weights of each step: those of the first as a difference, as the others differ by their numbers alone. */
function routeLines(
  cluster: Cluster,
  state: RouteState,
  { release }: Rendering,
  sources: readonly Source[],
  steps: readonly number[],
): { steps: string[]; end: string[] } {
  const kind = routeKinds.find(one => one.kind === state.object)!;
  const { namespace } = cluster;
  const share = shareOf(state, release.workload, namespace);
  const backendsAt = (percent: number) =>
    state.rules.map(rule => ({ rule, list: divided(kind, rule, share, percent) }));
  const [first, ...others] = steps.filter(step => step > 0);
  const changed = new Map<string, string>();
  for (const { rule, list } of backendsAt(first!)) {
    const now = sources.map(one => sourceOf(one.path, changed.get(one.path) ?? one.text));
    const place = findWeights(now, kind, state.route, rule.at);
    changed.set(place.source.path, withText(place, listText(place, place, kind, list)));
  }
  const diffs = sources.flatMap(({ path, text }) => unifiedDiff(path, text, changed.get(path) ?? text));
  const says = (step: number) =>
    backendsAt(step)
      .map(({ list }) => describeBackends(kind, list, namespace))
      .join('; ');
  return {
    steps: [
      subject(cluster, release, `${first} %`),
      ...indented(diffs),
      ...others.map(step => `${subject(cluster, release, `${step} %`)}, ${says(step)}`),
    ],
    end: [`${subject(cluster, release, 'weights as before')}, ${[...changed.keys()].join(', ')} byte for byte`],
  };
}

function subject(cluster: Cluster, release: Rendering['release'], step: string): string {
  return `  commit    ${messageOf(release, cluster, step, '')[0]}`;
}

const indented = (lines: readonly string[]) => lines.map(line => `              ${line}`);
