import { SlipwayError } from '../core/errors.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { type Artifact, chooseArtifact, makeCandidate } from './candidate.ts';
import type { Goal } from './deploy-host.ts';
import type { HostFacts } from './facts.ts';
import { previousOf } from './history.ts';
import type { HostSession } from './host-session.ts';
import { obstacles, refused } from './preflight.ts';
import type { Settings } from './settings.ts';

/** A host that could be changed: looked at, nothing done yet. */
export interface Surveyed {
  readonly session: HostSession;
  readonly facts: HostFacts;
  readonly goal: Goal;
}

/** Reads the host, picks what is to be served, and refuses what cannot work there. Changes nothing. */
export async function survey(
  session: HostSession,
  settings: Settings,
  record: ReleaseRecord,
  artifacts: readonly Artifact[],
): Promise<Surveyed> {
  const facts = await session.facts();
  if (settings.mode === 'rollback') {
    const found = obstacles(facts, settings, 0);
    if (found.length > 0) throw refused(session.place, found);
    return { session, facts, goal: await rollbackGoal(session, facts) };
  }
  const candidate = makeCandidate(choose(session, artifacts, facts.machine), record, settings);
  const { sha256, size } = candidate.artifact;
  // twice: compressed bytes are unpacked to a part file, and a release before may have to be kept
  const found = obstacles(facts, settings, facts.blobs.includes(sha256) ? 0 : size);
  if (found.length > 0) throw refused(session.place, found);
  return { session, facts, goal: { kind: 'deploy', id: candidate.id, sha256, candidate } };
}

function choose(session: HostSession, artifacts: readonly Artifact[], machine: string): Artifact {
  try {
    return chooseArtifact(artifacts, machine);
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    throw new SlipwayError(error.code, `${session.place}: ${error.message}`, {
      hint: `Nothing was changed. ${error.hint ?? ''}`.trim(),
      cause: error,
    });
  }
}

async function rollbackGoal(session: HostSession, facts: HostFacts): Promise<Goal> {
  const id = previousOf(facts.history, facts.current, facts.releases);
  if (id === '') {
    const now =
      facts.current === ''
        ? 'nothing is deployed there'
        : `${facts.current} is the only release that was served and is still there`;
    throw new SlipwayError('ROLLBACK_IMPOSSIBLE', `${session.place}: there is no release to go back to: ${now}`, {
      hint: 'Nothing was changed. Deploy the version that you want.',
    });
  }
  const manifest = JSON.parse((await session.ask('manifest', [id])).text('manifest')) as { binary: { sha256: string } };
  return { kind: 'rollback', id, sha256: manifest.binary.sha256 };
}
