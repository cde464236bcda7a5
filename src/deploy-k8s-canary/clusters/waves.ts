import { messageOf } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { leftAt, unchangedSince } from '../last-rollout.ts';
import type { Outcome } from '../outcome.ts';
import { isUnfinished, type RolloutState } from '../state.ts';
import { type Done, label, type Task } from './done.ts';
import { ofCluster } from './errors.ts';
import type { Site } from './sites.ts';

/** A wave after the other; a wave's clusters at the same time. */
export async function inWaves(sites: readonly Site[], task: Task, signal: AbortSignal): Promise<Done[]> {
  const waves = [...new Set(sites.map(({ wave }) => wave))].toSorted((a, b) => a - b);
  const done: Done[] = [];
  for (const [index, wave] of waves.entries()) {
    const why = signal.aborted ? 'the run was cancelled' : whyStop(done);
    const members = sites.filter(site => site.wave === wave);
    if (why !== undefined) {
      done.push(...members.map(site => log.within(label(site, sites), () => notReached(site, why))));
      continue;
    }
    log.info(`Wave ${index + 1} of ${waves.length}: ${members.map(({ name }) => name).join(', ')}`);
    // what was found before the first wave may have changed since
    const run: Task = site => task(site, index === 0 ? site.prepared : undefined);
    done.push(...(await Promise.all(members.map(site => settled(site, run)))));
  }
  return done;
}

/** The next wave begins when all before it that were begun serve the release, verified. */
function whyStop(done: readonly Done[]): string | undefined {
  const fine: readonly string[] = ['healthy', 'unchanged', 'not-begun'];
  const other = done.filter(({ outcome }) => !fine.includes(outcome.state));
  if (other.length === 0) return undefined;
  return other.map(({ site, outcome }) => `${site.name} is ${outcome.state}`).join(', ');
}

/** What is thrown in one cluster is its outcome. */
export async function settled(site: Site, task: Task): Promise<Done> {
  const started = new Date().toISOString();
  try {
    const done = await task(site);
    const { outcome } = done;
    return outcome.error === undefined
      ? done
      : { ...done, outcome: { ...outcome, error: ofCluster(site.name, outcome.error) } };
  } catch (thrown) {
    const error = ofCluster(site.name, thrown);
    log.info(`${site.name}: ${messageOf(thrown)}`);
    const state = error.code === 'KUBE_UNREACHABLE' ? 'unreachable' : 'failed';
    return { site, started, ended: new Date().toISOString(), outcome: { ...asItWas(site), state, error } };
  }
}

/** One that a run before had begun is not as it was before: it stays at its weight. */
function notReached(site: Site, why: string): Done {
  const { state, journal } = site;
  if (!isUnfinished(state)) return notBegun(site, why);
  journal.note(`Left with ${state.image} at ${state.weight} % (${state.phase}): ${why}.`);
  const now = new Date().toISOString();
  return { site, started: now, ended: now, outcome: leftAt(state) };
}

/** @param release what would have been begun, where the inputs do not say it */
export function notBegun(site: Site, why: string, release: Partial<Outcome> = {}): Done {
  site.journal.note(`Not begun: ${why}.`);
  const now = new Date().toISOString();
  return { site, started: now, ended: now, outcome: { ...asItWas(site), ...release, state: 'not-begun' } };
}

function asItWas({ options, prepared, state }: Site): Omit<Outcome, 'state'> {
  const {
    image = options.image ?? '',
    previous = state === undefined ? '' : before(state),
    kind = options.workload?.kind ?? 'Deployment',
    workload = options.workload?.name ?? '',
  } = prepared?.plan?.situation ?? {};
  return { kind, workload, release: options.releaseId || image, image, previous, changed: false };
}

/** What serves where nothing is begun. */
function before(state: RolloutState): string {
  return isUnfinished(state) ? state.previous : unchangedSince(state).image;
}
