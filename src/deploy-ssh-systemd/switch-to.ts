import { sleep } from '../core/deadline.ts';
import { messageOf, SlipwayError } from '../core/errors.ts';
import type { Answer } from '../core/host-agent/answer.ts';
import { readUnitFiles, type UnitFile } from '../core/host-agent/unit-files.ts';
import { log } from '../core/log.ts';
import { checksFor } from './blue-green/checks.ts';
import { soak } from './blue-green/soak.ts';
import { concluded, type Switched, takenBack } from './conclude.ts';
import type { HostFacts } from './facts.ts';
import { confirmedAnew, mustBeAnew } from './firewall/anew.ts';
import { asSlipwayError } from './fleet.ts';
import { type GateVerdict, gateHost } from './gate-host.ts';
import type { Goal } from './goal.ts';
import { releasesToPrune } from './history.ts';
import { type HostSession, isLost, type Request } from './host-session.ts';
import { holdingLock } from './lock.ts';
import type { Means } from './means.ts';
import type { Outcome } from './outcome.ts';
import type { Prepared } from './prepare.ts';
import { confirmRequest } from './requests.ts';
import type { Settings } from './settings.ts';
import { gateJob } from './timer/gate-job.ts';

/** From the switch to its end: confirmed, or taken back. */
export async function switchTo(
  session: HostSession,
  goal: Goal,
  switched: Switched,
  facts: HostFacts,
  settings: Settings,
  { signal, hooks }: Means,
  prepared: Prepared,
): Promise<Outcome> {
  const { token, steps } = switched;
  const [switching, watching] = prepared.next as [Promise<Answer>, Promise<Answer>];
  try {
    await steps.run('switch', () => switchedOver(session, token, switching));
    const release = {
      token,
      id: goal.id,
      sha256: goal.sha256,
      since: switched.since,
      // the process of the other instance is not that of this one
      leftBefore: goal.ports === undefined ? facts.unit.left : 0,
      pidBefore: goal.ports === undefined ? facts.unit.last : 0,
      restartsBefore: goal.ports === undefined ? facts.unit.restarts : 0,
      first: watching,
    };
    const checks = checksFor(settings, goal.ports, facts.colour);
    const tried = await steps.run(
      'health',
      () =>
        goal.isJob
          ? gateJob(session, release, runsOnce(goal, settings), settings, signal)
          : gateHost(session, release, { ...settings, checks: checks.before }, signal),
      seen => seen.healthy,
    );
    const verdict =
      goal.ports === undefined || !tried.healthy
        ? tried
        : await steps.run(
            'soak',
            () => soak(session, release, checks.after, settings, signal),
            seen => seen.healthy,
          );
    if (!verdict.healthy) return await takenBack(session, switched, settings, verdict);
    const occasion = { release: goal.id, previous: facts.current };
    await holdingLock(session, () => hooks.afterSwitch(session, occasion, signal));
    const end = await steps.run('confirm', () => confirmed(session, token, verdict, pruned(facts, goal, settings)));
    if ('detail' in end) return await takenBack(session, switched, settings, { ...verdict, ...end });
    return concluded(switched, settings, verdict, end);
  } catch (error) {
    const reason = asSlipwayError(error);
    return takenBack(session, switched, settings, {
      healthy: false,
      detail: reason.message,
      checks: [],
      cause: reason,
    });
  }
}

/** An earlier release has shown already that it runs. */
function runsOnce({ kind }: Goal, { timer }: Settings): boolean {
  return kind !== 'rollback' && timer?.run === 'once';
}

async function switchedOver(session: HostSession, token: string, switching: Promise<Answer>): Promise<void> {
  try {
    await switching;
  } catch (error) {
    if (!isLost(error)) throw error;
    // the host may have read more than it could answer: it has while the lock is held
    for (let tries = 0; tries < 60; tries++) {
      const { pending, holder } = await session.facts();
      if (pending.includes(`intent.${token}`)) return;
      if (holder === '') break;
      await sleep(500);
    }
    throw error;
  }
}

/** What systemd has loaded of a release that is confirmed; else how the process that passed is not there any more. */
async function confirmed(
  session: HostSession,
  token: string,
  { up }: GateVerdict,
  prune: Request,
): Promise<readonly UnitFile[] | Pick<GateVerdict, 'healthy' | 'detail'>> {
  const request = confirmRequest(token, up!);
  let [confirming, pruning] = await session.begin([request, prune]);
  let answer: Answer;
  try {
    answer = await confirming!.catch(async error => {
      if (mustBeAnew(error)) {
        const answered = await confirmedAnew(session, request);
        [pruning] = await session.begin([prune]);
        return answered;
      }
      if (!isLost(error)) throw error;
      return (await session.askAll([request, prune]))[0]!; // over a new connection; both can be done again
    });
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'NOT_STEADY') throw error;
    return { healthy: false, detail: `it was up and fell within min-healthy-time: ${error.cause}` };
  }
  await pruning!.catch(error => {
    if (!isLost(error)) log.warning(`${session.place}: old releases were not removed: ${messageOf(error)}`);
  });
  return readUnitFiles(answer.text('files'));
}

/** What goes once this release is confirmed. */
function pruned(facts: HostFacts, { id, kind }: Goal, settings: Settings): Request {
  const entry = { at: 0, token: '', result: 'confirmed', kind, release: id, previous: facts.current, by: '' };
  const releases = [...new Set([...facts.releases, id])];
  return { verb: 'prune', args: releasesToPrune([...facts.history, entry], id, releases, settings.keepReleases) };
}
