import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { formatSize } from '../core/units.ts';
import type { Candidate } from './candidate.ts';
import { type Exposure, told } from './exposure.ts';
import type { HostFacts } from './facts.ts';
import { type HostSession, lostCodes } from './host-session.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import { type Blob, missingBlobs, mustBeAsBefore, Pieces, releaseData, stream } from './upload.ts';

/** Compressed once for all hosts of the run. */
const pieces = new Pieces();

/** How often an upload goes on after a cut. */
const resumptions = 5;

/** What preparing a release needs to know, beside the release. */
export interface Preparing {
  readonly session: HostSession;
  readonly settings: Settings;
  readonly steps: Steps;
  /** Where the inputs' relative paths begin. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Takes the lock again, on a new connection. */
  readonly lock: () => Promise<void>;
}

/**
 * Brings the release's folder onto the host and has its systemd look at the unit: what it does not have is sent, nothing
 * is switched.
 *
 * @throws UNIT_REFUSED, and what the upload runs into
 */
export async function prepare(candidate: Candidate, facts: HostFacts, preparing: Preparing): Promise<Exposure> {
  const { session, settings, steps } = preparing;
  const missing = missingBlobs(candidate, facts);
  if (missing.length === 0) log.info(`${session.place}: the binary is there already; 0 bytes to upload`);
  else await steps.run('upload', () => upload(missing, facts, preparing));
  if (settings.createUser && settings.runAs !== 'dynamic' && !facts.hasUser) {
    await session.ask('user', [settings.runAs]);
    log.info(`${session.place}: made the system user ${settings.runAs}`);
  }
  const { listing, parts } = releaseData(candidate, settings.service);
  const data = Buffer.concat([listing, parts]);
  const answer = await session.ask('release', [candidate.id, String(listing.length)], { data, timeout: 240_000 });
  return told(session.place, answer);
}

async function upload(missing: readonly Blob[], facts: HostFacts, preparing: Preparing): Promise<void> {
  const { session, directory, signal } = preparing;
  let [blobs, uploaded] = [missing, facts.uploaded];
  let sent = 0;
  const count = (bytes: number) => {
    sent += bytes;
  };
  for (let tries = 0; ; tries++) {
    try {
      await session.ask('upload', [], { data: stream(blobs, uploaded, pieces, count), timeout: 840_000 });
      break;
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'UPLOAD_DAMAGED')
        await mustBeAsBefore(blobs, directory, signal);
      const isLost = error instanceof SlipwayError && lostCodes.includes(error.code);
      if (!isLost || signal.aborted || tries >= resumptions) throw error;
      log.info(`${session.place}: the connection was lost during the upload; going on from where it was cut`);
      await preparing.lock();
      const now = await session.facts();
      uploaded = now.uploaded;
      blobs = blobs.filter(one => !now.blobs.includes(one.name));
    }
  }
  const total = missing.reduce((sum, one) => sum + one.size, 0);
  const kept = missing.reduce((sum, one) => sum + (facts.uploaded.get(one.name) ?? 0), 0);
  const before = kept === 0 ? '' : `; ${formatSize(kept)} were there from an upload that was cut`;
  log.info(`${session.place}: uploaded ${formatSize(total)} (${formatSize(sent)} compressed)${before}`);
}
