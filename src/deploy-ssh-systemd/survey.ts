import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { type Artifact, chooseArtifact } from './artifacts.ts';
import { portObstacles } from './blue-green/obstacles.ts';
import { portsIn } from './blue-green/port-files.ts';
import { type Candidate, makeCandidate } from './candidate.ts';
import { withEngine } from './container/obstacles.ts';
import { mustBeKnownModel } from './dsm/models.ts';
import { type Exposure, tryUnit } from './exposure.ts';
import type { ExtraFile } from './extra-files.ts';
import type { HostFacts } from './facts.ts';
import { firewallWarnings, withFilter } from './firewall/host.ts';
import type { Goal } from './goal.ts';
import { goalThere } from './goal-there.ts';
import type { HostSession } from './host-session.ts';
import { shareOf } from './nfs/layout.ts';
import { mountObstacles } from './nfs/look.ts';
import { type Needed, obstacles, refused } from './preflight.ts';
import type { Settings } from './settings.ts';
import { smokeObstacles } from './smoke/obstacles.ts';
import { systemFiles, systemObstacles } from './system-files.ts';
import { checkCalendar } from './timer/calendar.ts';
import { missingBlobs } from './upload.ts';
import { candidateFrom, valuesOf, type WholeRelease } from './whole-release.ts';

/** A host that could be changed: looked at, nothing done yet. */
export interface Surveyed {
  readonly session: HostSession;
  readonly facts: HostFacts;
  readonly goal: Goal;
  /** Only for a plan. */
  readonly exposure?: Exposure;
  /** With what only the host could tell. */
  readonly settings: Settings;
}

/**
 * Reads the host, picks what is to be served, and refuses what cannot work there. Changes nothing.
 *
 * @param whole what other hosts serve, where that is to be served as it is
 */
export async function survey(
  session: HostSession,
  given: Settings,
  record: ReleaseRecord,
  artifacts: readonly Artifact[],
  files: readonly ExtraFile[],
  whole: readonly WholeRelease[],
): Promise<Surveyed> {
  const facts = await session.facts(artifacts.map(one => one.sha256));
  if (given.layout === 'dsm') mustBeKnownModel(session.place, facts.nas!, facts.machine);
  let settings: Settings = { ...given, directory: facts.path, ownServices: facts.user !== undefined };
  const there = await goalThere(session, facts, settings, record, artifacts);
  if (there !== undefined) {
    const found = obstacles(facts, settings, { space: 0, inodes: 0 });
    if (found.length > 0) throw refused(session.place, found);
    return { session, facts, settings, goal: there };
  }
  const artifact = choose(session, artifacts, facts);
  const same = whole.find(one => one.artifact.sha256 === artifact.sha256);
  if (same !== undefined) settings = { ...settings, ...valuesOf(same) };
  settings = await withFilter(session, settings);
  const contained = await withEngine(session, facts, settings);
  settings = contained.settings;
  const system = systemFiles(settings, facts);
  const candidate =
    same === undefined
      ? makeCandidate(artifact, record, settings, files, facts.systemd, system)
      : candidateFrom(same, settings, facts, session.place, system);
  if (settings.timer !== undefined && settings.layout !== 'dsm') await checkCalendar(session, settings.timer);
  const found = [
    ...obstacles(facts, settings, neededOf(candidate, facts, settings)),
    ...(await systemObstacles(session, facts, system)),
    ...contained.found,
    ...(candidate.id === facts.current ? [] : portObstacles(facts, settings.ports)),
    ...(await mountObstacles(session, settings)),
    ...smokeObstacles(facts, settings.smoke),
  ];
  if (found.length > 0) throw refused(session.place, found);
  tellWhatDiffers(session.place, candidate, settings, facts);
  const goal: Goal = {
    kind: 'deploy',
    id: candidate.id,
    sha256: artifact.sha256,
    image: candidate.image === '' ? undefined : candidate.image.replaceAll('\n', ', '),
    candidate,
    isJob: candidate.timer !== '',
    ports: portsIn(candidate.parts),
  };
  return {
    session,
    facts,
    settings,
    goal,
    ...(settings.mode === 'plan' ? { exposure: await tryUnit(session, candidate.unit, candidate.dropIn) } : {}),
  };
}

/** An older systemd gets less than the inputs say. */
function tellWhatDiffers(place: string, candidate: Candidate, settings: Settings, facts: HostFacts): void {
  const { systemd } = facts;
  for (const line of firewallWarnings(settings, facts)) log.warning(`${place}: ${line}`);
  if (candidate.left.length > 0)
    log.info(`${place}: systemd ${systemd} does not know ${candidate.left.join(', ')}: left out of the unit`);
  if (candidate.credentials.length < Object.keys(settings.credentials).length)
    log.warning(`${place}: systemd ${systemd} has no credentials: the program gets them as environment variables`);
}

/** What the host does not have yet. */
function neededOf(candidate: Candidate, facts: HostFacts, settings: Settings): Needed {
  const sizes = [
    ...(shareOf(settings) === undefined ? missingBlobs(candidate, facts).map(one => one.size) : []),
    ...candidate.parts.map(one => Buffer.byteLength(one.content)),
  ];
  return { space: sizes.reduce((sum, size) => sum + size, 0), inodes: sizes.length };
}

function choose(session: HostSession, artifacts: readonly Artifact[], { machine, cpu }: HostFacts): Artifact {
  try {
    return chooseArtifact(artifacts, machine, cpu);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    throw new SlipwayError(error.code, `${session.place}: ${error.message}`, {
      hint: `Nothing was changed. ${error.hint ?? ''}`.trim(),
      cause: error,
    });
  }
}
