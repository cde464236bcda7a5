import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { type Prepared, prepareDeploy } from '../deploy.ts';
import { workloadOf } from '../last-rollout.ts';
import type { Outcome } from '../outcome.ts';
import { readState } from '../state.ts';
import { allOrThrow, asSlipwayError, ofCluster } from './errors.ts';
import { goBack } from './go-back.ts';
import { reach } from './reach.ts';
import type { Site } from './sites.ts';
import { refuseSameCluster } from './twins.ts';
import { asOneWhole } from './whole.ts';

/** How it ended in one cluster. */
export interface Done {
  readonly site: Site;
  readonly outcome: Outcome;
  /** ISO 8601. */
  readonly started: string;
  readonly ended: string;
}

/** @param prepared what was just found to be done there; without it, that is found first */
export type Task = (site: Site, prepared?: Prepared) => Promise<Done>;

/** These begin something, so that every cluster must be able to take it before the first one is touched. */
const forward: readonly string[] = ['deploy', 'resume', 'promote'];

/** Carries a mode out in several clusters. Never throws for what happens in one of them once any may have been changed. */
export async function inClusters(sites: readonly Site[], task: Task, signal: AbortSignal): Promise<readonly Done[]> {
  const { mode, 'on-wave-failure': onFailure } = sites[0]!.options;
  const named = inOwnLines(sites, task, signal);
  // what looks, holds or goes back is tried everywhere, whatever the others do; the last one first where it goes back
  if (mode === 'status' || mode === 'pause') return Promise.all(sites.map(site => settled(site, named)));
  if (!forward.includes(mode)) return (await inTurn(sites.toReversed(), site => settled(site, named))).toReversed();
  const done = await inWaves(await prepareAll(sites, signal), named, signal);
  const failed = done.filter(isFailed);
  if (failed.length === 0 || onFailure === 'hold' || signal.aborted) return done;
  return goBack(done, failed, signal);
}

/** One after the other. */
export async function inTurn<A, B>(all: readonly A[], task: (one: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (const one of all) results.push(await task(one));
  return results;
}

/** Whether the release turned out not to be good there, or could not be brought there. */
export function isFailed({ outcome }: Done): boolean {
  return outcome.error !== undefined && outcome.state !== 'inconclusive';
}

/** Looks at every cluster before the first write to any. */
async function prepareAll(sites: readonly Site[], signal: AbortSignal): Promise<Site[]> {
  const prepare = (site: Site) =>
    log.within(label(site, sites), async (): Promise<Site> => {
      const { cluster, options, journal } = site;
      if (options.mode === 'deploy') {
        const prepared = await prepareDeploy(cluster, options, journal, signal);
        return { ...site, prepared, state: prepared.state };
      }
      return { ...site, state: await readState(cluster, workloadOf(options), signal) };
    });
  try {
    await allOrThrow(sites, site => reach(site, signal));
    await refuseSameCluster(sites, signal);
    return asOneWhole(await allOrThrow(sites, prepare));
  } catch (error) {
    const { code, message, hint = '' } = asSlipwayError(error);
    const untouched = hint.includes('Nothing was changed') ? hint : `${hint} Nothing was changed in any cluster.`;
    throw new SlipwayError(code, message, { hint: untouched.trim(), cause: error });
  }
}

async function inWaves(sites: readonly Site[], task: Task, signal: AbortSignal): Promise<Done[]> {
  const waves = [...new Set(sites.map(({ wave }) => wave))].toSorted((a, b) => a - b);
  const done: Done[] = [];
  for (const [index, wave] of waves.entries()) {
    const why = signal.aborted ? 'the run was cancelled' : whyStop(done);
    const members = sites.filter(site => site.wave === wave);
    if (why !== undefined) {
      done.push(...members.map(site => notBegun(site, why)));
      continue;
    }
    log.info(`Wave ${index + 1} of ${waves.length}: ${members.map(({ name }) => name).join(', ')}`);
    // what was found before the first wave may have changed since
    const run: Task = site => task(site, index === 0 ? site.prepared : undefined);
    done.push(...(await Promise.all(members.map(site => settled(site, run)))));
  }
  return done;
}

/** The next wave begins when all before it serve the release, verified. */
function whyStop(done: readonly Done[]): string | undefined {
  const other = done.filter(({ outcome }) => outcome.state !== 'healthy' && outcome.state !== 'unchanged');
  if (other.length === 0) return undefined;
  return other.map(({ site, outcome }) => `${site.name} is ${outcome.state}`).join(', ');
}

/** What is thrown in one cluster is its outcome. */
async function settled(site: Site, task: Task): Promise<Done> {
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

function notBegun(site: Site, why: string): Done {
  site.journal.note(`Not begun: ${why}.`);
  const now = new Date().toISOString();
  return { site, started: now, ended: now, outcome: { ...asItWas(site), state: 'not-begun' } };
}

function asItWas({ options, prepared }: Site): Omit<Outcome, 'state'> {
  const {
    image = options.image ?? '',
    previous = '',
    workload = options.workload?.name ?? '',
  } = prepared?.plan?.situation ?? {};
  return { workload, release: options.releaseId || image, image, previous, changed: false };
}

/** Each line of the log says which cluster it is about. */
function inOwnLines(sites: readonly Site[], task: Task, signal: AbortSignal): Task {
  return (site, prepared) =>
    log.within(label(site, sites), async () => {
      await reach(site, signal);
      return task(site, prepared);
    });
}

export function label({ name }: Site, sites: readonly Site[]): string {
  return name.padEnd(Math.max(...sites.map(one => one.name.length)));
}
