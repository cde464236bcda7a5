import { SlipwayError } from '../../core/errors.ts';
import { type Check, gate } from '../../core/health/index.ts';
import { log } from '../../core/log.ts';
import { formatDuration } from '../../core/units.ts';
import type { HostSession } from '../host-session.ts';
import type { Settings } from '../settings.ts';
import { start } from './start.ts';
import { Trial } from './trial.ts';
import type { Smoke } from './values.ts';

/** Milliseconds in which something must be reached, at most. */
const reachTime = 10_000;

/**
 * Tries a release that is on the host and not switched to: what it depends on is there, its program takes its
 * configuration, and it starts, listens and is healthy.
 *
 * @throws SMOKE_FAILED, SMOKE_REFUSED; nothing of it is left on the host
 */
export async function smokeStart(
  session: HostSession,
  id: string,
  smoke: Smoke,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const timeout = smoke.timeout ?? settings.healthyDeadline;
  if (smoke.reach.length > 0) await reach(session, smoke.reach, Math.min(timeout, reachTime), signal);
  if (smoke.check !== undefined) await check(session, id, smoke, timeout, settings, signal);
  if (smoke.start !== undefined) await start(session, id, { ...smoke, start: smoke.start }, timeout, settings, signal);
}

async function reach(
  session: HostSession,
  checks: readonly Check[],
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  const result = await gate(checks, {
    deadline,
    patient: true,
    signal,
    connect: (host, port, inner) => session.stream(host, port, inner),
  });
  const failed = result.checks.filter(({ verdict }) => verdict !== 'passed');
  if (failed.length === 0) return log.info(`${session.place}: ${checks.map(({ name }) => name).join(', ')}: reached`);
  const seen = failed.map(one => `${one.check.name}: ${one.detail}`).join('; ');
  throw new SlipwayError('SMOKE_FAILED', `${session.place}: not reachable from the host: ${seen}`, {
    hint: 'Nothing was switched: what served serves. Look at the network of the host, or correct `reach` of "smoke".',
  });
}

/** One run, which must end with 0. */
async function check(
  session: HostSession,
  id: string,
  smoke: Smoke,
  timeout: number,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  await using trial = new Trial(session, settings, signal);
  const args = smoke.check!;
  const said = `the run with ${JSON.stringify(args)}`;
  const until = Date.now() + timeout;
  await trial.begin(id, { kind: 'check', args, ports: [], timeout }, smoke);
  for (;;) {
    const { unit } = await trial.look(until - Date.now(), 0, []);
    if (unit.active === 'inactive' && unit.job === '') break;
    if (unit.active === 'failed') throw await trial.failed(`${said} failed`, unit);
    if (Date.now() >= until)
      throw await trial.failed(`${said} did not end within ${formatDuration(timeout)}`, undefined);
  }
  const { journal } = await trial.end();
  for (const line of journal.split('\n').filter(Boolean)) log.info(`${session.place}: check: ${line}`);
}
