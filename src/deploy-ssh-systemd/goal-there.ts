import { SlipwayError } from '../core/errors.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import type { Artifact } from './artifacts.ts';
import type { Ports } from './blue-green/ports.ts';
import { nameOf } from './candidate.ts';
import type { HostFacts } from './facts.ts';
import type { Goal } from './goal.ts';
import { previousOf, served } from './history.ts';
import type { HostSession } from './host-session.ts';
import type { Settings } from './settings.ts';
import { isServing } from './status.ts';

/** What a release folder says of itself, as far as it matters here. */
export interface Manifest {
  readonly version: string;
  /** Its calendar, where it is a job. */
  readonly job?: readonly string[];
  readonly binary: { readonly target: string; readonly size: number; readonly sha256: string };
  /** Where it is a container: `binary` is the image’s manifest then. */
  readonly image?: string;
  /** Where it has two instances. */
  readonly ports?: Ports;
  /** Names of variables and of credentials. */
  readonly environment: readonly string[];
  /** Those that are secrets; releases of former versions do not say it. */
  readonly secretEnvironment?: readonly string[];
  readonly credentials: readonly string[];
  readonly files: readonly { readonly path: string; readonly mode: string; readonly sha256: string }[];
}

/** The goal, when it is a release that is on the host: for a rollback, a restart, or where nothing is to be done. */
export async function goalThere(
  session: HostSession,
  facts: HostFacts,
  settings: Settings,
  record: ReleaseRecord,
  artifacts: readonly Artifact[],
): Promise<Goal | undefined> {
  const { mode, to } = settings;
  if (mode === 'rollback')
    return goalOf(session, to === 'previous' ? previous(session.place, facts) : chosen(session.place, facts, to));
  if (mode === 'restart') return { ...(await goalOf(session, present(session.place, facts))), kind: 'restart' };
  if (mode !== 'converge' || !isServing(facts) || facts.missing.length > 0) return undefined;
  const { version, binary, job, ports } = await manifestOf(session, facts.current);
  const isRecorded = version === record.version && artifacts.some(({ sha256 }) => sha256 === binary.sha256);
  return isRecorded
    ? { kind: 'rollback', id: facts.current, sha256: binary.sha256, isJob: job !== undefined, ports }
    : undefined;
}

/** Going back to a release that is on the host. */
export async function goalOf(session: HostSession, id: string): Promise<Goal> {
  const { binary, image, job, ports } = await manifestOf(session, id);
  return { kind: 'rollback', id, sha256: binary.sha256, image, isJob: job !== undefined, ports };
}

export async function manifestOf(session: HostSession, id: string): Promise<Manifest> {
  return JSON.parse((await session.ask('manifest', [id])).text('manifest'));
}

function present(place: string, { current }: HostFacts): string {
  if (current !== '') return current;
  throw new SlipwayError('NOTHING_DEPLOYED', `${place}: there is nothing to restart: nothing is deployed there`, {
    hint: 'Nothing was changed. Deploy it first.',
  });
}

function previous(place: string, { history, current, releases }: HostFacts): string {
  const id = previousOf(history, current, releases);
  if (id !== '') return id;
  const now =
    current === '' ? 'nothing is deployed there' : `${current} is the only release that was served and is still there`;
  throw new SlipwayError('ROLLBACK_IMPOSSIBLE', `${place}: there is no release to go back to: ${now}`, {
    hint: 'Nothing was changed. Deploy the version that you want.',
  });
}

/** By its id, or by its version: of several, that which was served last. */
export function chosen(place: string, { history, current, releases }: HostFacts, to: string): string {
  const fitting = releases.filter(id => id === to || id.replace(/-[0-9a-f]{12}$/, '') === nameOf(to));
  const [only] = fitting;
  const last = served(history).findLast(id => fitting.includes(id));
  if (last !== undefined || (only !== undefined && fitting.length === 1)) return last ?? only!;
  const there = releases.map(id => (id === current ? `${id} (serves now)` : id)).join(', ') || 'none';
  const what = fitting.length === 0 ? `the release ${to} is not there` : `${to} is the version of several releases`;
  throw new SlipwayError('RELEASE_MISSING', `${place}: ${what}; there are: ${there}`, {
    hint: 'Nothing was changed. Give "to" one of these, or deploy the version that you want.',
  });
}
