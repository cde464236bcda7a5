import { SlipwayError } from '../core/errors.ts';
import type { Answer } from '../core/host-agent/answer.ts';
import { log } from '../core/log.ts';
import { formatSize } from '../core/units.ts';
import type { Artifact } from './artifacts.ts';
import type { Candidate } from './candidate.ts';
import { type Exposure, told } from './exposure.ts';
import type { HostFacts } from './facts.ts';
import { type HostSession, isLost, type Request } from './host-session.ts';
import { shareOf } from './nfs/layout.ts';
import { packingFor } from './packing.ts';
import { certifyRequests } from './proxy/certificate.ts';
import { pullRequest, releaseRequest, uploadRequest, userRequest, verifyRequest } from './requests.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import { missingBlobs, mustBeAsBefore, Pieces, stream } from './upload.ts';

/** Compressed once for all hosts of the run. */
export const pieces = new Pieces();

/** Of the first binary's pieces, as many as are packed while the hosts are still being reached. */
const ahead = 8;

/** Packs the beginning of the binary, where there is but one: on a fresh version it is what will be waited for. */
export function packAhead(artifacts: readonly Artifact[]): void {
  const [only, ...others] = artifacts;
  if (only === undefined || others.length > 0) return;
  pieces.ahead({ ...only, name: only.sha256, mode: '755', source: only.path }, ahead, packingFor());
}

/** How often it goes on after a cut. */
const resumptions = 5;

/** What preparing a release needs to know, beside the release. */
export interface Preparing {
  readonly session: HostSession;
  readonly id: string;
  /** Undefined where the release is on the host already. */
  readonly candidate: Candidate | undefined;
  readonly settings: Settings;
  readonly steps: Steps;
  /** Where the inputs' relative paths begin. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Takes the lock again, on a new connection; resolves with the facts as they are then. */
  readonly lock: () => Promise<HostFacts>;
  /** What must be granted first, sent along: the lock, unless it is there. */
  readonly first: readonly Request[];
  /** What is to be done when the release is there, sent along: waiting for it would cost a round trip. */
  readonly next: readonly Request[];
}

/** A release that is on the host, and what was sent along with it. */
export interface Prepared {
  readonly exposure: Exposure;
  readonly next: readonly Promise<Answer>[];
}

/**
 * Brings the release's folder onto the host, and has the host's systemd look at the unit: one that it refuses would end
 * what serves and start nothing. The host stops at the first request that fails.
 *
 * @throws UNIT_REFUSED, what an upload can fail for
 */
export async function prepare(facts: HostFacts, preparing: Preparing): Promise<Prepared> {
  const { session, signal } = preparing;
  let first = preparing.first;
  for (let [tries, now] = [0, facts]; ; tries++) {
    try {
      return await attempt(now, { ...preparing, first });
    } catch (error) {
      if (!isLost(error) || signal.aborted || tries >= resumptions) throw error;
      log.info(`${session.place}: the connection was lost; going on from where it was cut`);
      // the host may have read more than it could answer: who has the lock again knows that nothing is under way any more
      now = await preparing.lock();
      first = [];
    }
  }
}

async function attempt(facts: HostFacts, preparing: Preparing): Promise<Prepared> {
  const { session, id, candidate, settings, steps, first, next } = preparing;
  const share = shareOf(settings);
  const missing = candidate === undefined || share !== undefined ? [] : missingBlobs(candidate, facts);
  const needsUser = candidate !== undefined && settings.createUser && settings.runAs !== 'dynamic' && !facts.hasUser;
  let sent = 0;
  const count = (bytes: number) => {
    sent += bytes;
  };
  let refused = false;
  const requests = [
    ...(missing.length > 0
      ? [uploadRequest(stream(missing, facts.uploaded, pieces, packingFor(facts), count, () => refused))]
      : []),
    ...(needsUser ? [userRequest(settings.runAs)] : []),
    ...(candidate === undefined ? [] : [releaseRequest(candidate, settings.service, share)]),
    ...(candidate === undefined ? [] : certifyRequests(settings.proxy)),
    ...(candidate === undefined || candidate.image === '' ? [] : [pullRequest(id, settings.container?.login ?? '')]),
    verifyRequest(id),
  ];
  const began = Date.now();
  const all = await session.begin([...first, ...requests, ...next]);
  const answers = all.slice(first.length);
  if (first.length > 0) {
    await Promise.all(all.slice(0, first.length)).catch(error => {
      refused = true;
      throw error;
    });
    steps.ended('lock', began);
  }
  const uploading = missing.length > 0 ? answers[0]! : undefined;
  if (uploading !== undefined) {
    await steps.run('upload', () => uploading.catch(error => explained(error, missing, preparing)));
    const total = missing.reduce((sum, one) => sum + one.size, 0);
    const kept = missing.reduce((sum, one) => sum + (facts.uploaded.get(one.name) ?? 0), 0);
    const before = kept === 0 ? '' : `; ${formatSize(kept)} were there from an upload that was cut`;
    log.info(`${session.place}: uploaded ${formatSize(total)} (${formatSize(sent)} compressed)${before}`);
  } else if (candidate !== undefined && share === undefined)
    log.info(`${session.place}: the binary is there already; 0 bytes to upload`);
  await Promise.all(answers.slice(0, requests.length));
  if (needsUser) log.info(`${session.place}: made the system user ${settings.runAs}`);
  const verified = await answers[requests.length - 1]!;
  const waited = verified.text('waited');
  if (waited !== '') log.info(`${session.place}: saw the release on the share after ${waited} s`);
  const exposure = told(session.place, verified);
  return { exposure, next: answers.slice(requests.length) };
}

async function explained(
  error: unknown,
  missing: Parameters<typeof mustBeAsBefore>[0],
  { directory, signal }: Preparing,
): Promise<never> {
  if (error instanceof SlipwayError && error.code === 'UPLOAD_DAMAGED')
    await mustBeAsBefore(missing, directory, signal);
  throw error;
}
