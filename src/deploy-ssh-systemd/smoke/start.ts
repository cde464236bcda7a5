import { sleep } from '../../core/deadline.ts';
import { gate } from '../../core/health/index.ts';
import { log } from '../../core/log.ts';
import { formatDuration } from '../../core/units.ts';
import type { HostSession } from '../host-session.ts';
import type { Settings } from '../settings.ts';
import { whileSteady } from '../steady.ts';
import type { UnitState } from '../unit-state.ts';
import { isUp } from '../unit-verdict.ts';
import { type Asked, askedOf } from './asked.ts';
import { type Look, Trial } from './trial.ts';
import type { Smoke } from './values.ts';

/** Why it did not pass, and what was seen of it. */
interface Fallen {
  readonly why: string;
  readonly unit: UnitState | undefined;
}

/** Milliseconds for which it must live on after the signal that a running process takes. */
const afterSignal = 300;

/**
 * Starts the program beside the one that serves: it must come up, listen where it will be asked, pass the checks, and stay
 * the same process for `start`; last it gets the signal by which it will be reloaded, if there is one.
 *
 * @param timeout milliseconds for all of it
 * @throws SMOKE_FAILED
 */
export async function start(
  session: HostSession,
  id: string,
  smoke: Smoke & { readonly start: number },
  timeout: number,
  settings: Settings,
  signal: AbortSignal,
): Promise<void> {
  const until = Date.now() + timeout;
  await using trial = new Trial(session, settings, signal);
  const asked = askedOf({ ...settings, smoke });
  await trial.begin(id, { kind: 'start', args: smoke.args, ports: asked.ports, timeout }, smoke);
  const came = await comeUp(trial, asked, until, timeout);
  if ('why' in came) throw await trial.failed(came.why, came.unit);
  const fell = await stay(session, trial, came.pid, asked, smoke, until, settings, signal);
  if (fell !== undefined) throw await trial.failed(fell.why, fell.unit);
  const heard = smoke.port === undefined ? came.listening : asked.ports;
  log.info(`${session.place}: tried for ${formatDuration(smoke.start)}: ${wordsOf(asked, heard)}`);
}

/** Waits until it is up and listens; else why it is not. */
async function comeUp(
  trial: Trial,
  { ports }: Asked,
  until: number,
  timeout: number,
): Promise<Fallen | { pid: number; listening: readonly number[] }> {
  for (;;) {
    const { unit, listening, taken } = await trial.look(until - Date.now(), 0, ports);
    if (taken.length > 0) return { why: `on the host others have what it listens on: ${taken.join('; ')}`, unit };
    const ended = endOf(unit);
    if (ended !== undefined) return { why: ended, unit };
    const lacking = ports.filter(port => !listening.includes(port));
    if (isUp(unit) && unit.pid > 0 && lacking.length === 0) return { pid: unit.pid, listening };
    if (Date.now() >= until) {
      const why = isUp(unit)
        ? `it does not listen on ${lacking.join(', ')}${listening.length > 0 ? `, but on ${listening.join(', ')}` : ''}`
        : `it is ${unit.active} (${unit.sub})`;
      return { why: `after ${formatDuration(timeout)} ${why}`, unit };
    }
    await sleep(50);
  }
}

async function stay(
  session: HostSession,
  trial: Trial,
  pid: number,
  asked: Asked,
  smoke: Smoke & { readonly start: number },
  until: number,
  { service, way }: Settings,
  signal: AbortSignal,
): Promise<Fallen | undefined> {
  const began = Date.now();
  const look = async (): Promise<Fallen | undefined> => {
    const seen: Look = await trial.look(began + smoke.start - Date.now(), pid, asked.ports);
    const ended = endOf(seen.unit);
    if (ended !== undefined) return { why: ended, unit: seen.unit };
    if (seen.unit.pid !== pid) return { why: 'it is another process by now', unit: seen.unit };
    return undefined;
  };
  const left = until - began;
  if (left <= smoke.start) return { why: 'when it was up, no time was left for `start`', unit: undefined };
  const { done, fell } = await whileSteady(
    inner =>
      asked.checks.length === 0
        ? sleep(smoke.start, inner).then(() => [])
        : gate(asked.checks, {
            deadline: left,
            hold: smoke.start,
            patient: true,
            signal: inner,
            connect: (host, port, opening) =>
              smoke.port === undefined && asked.ports.includes(port)
                ? session.unixSocket(`/run/slipway-smoke/${service}/${port}`, opening)
                : session.stream(host, port, opening),
          }).then(({ checks }) => checks),
    look,
    signal,
  );
  if (fell !== undefined) return fell;
  const failed = (done ?? []).find(({ verdict }) => verdict !== 'passed');
  if (failed !== undefined) return { why: `${failed.check.name}: ${failed.detail}`, unit: undefined };
  if (!way.startsWith('reload-')) return undefined;
  await trial.signal(way.slice('reload-'.length));
  await sleep(afterSignal, signal);
  const after = await look();
  return after === undefined
    ? undefined
    : { ...after, why: `it does not survive ${way.replace('reload-', 'SIG')}: ${after.why}` };
}

/** How it ended, if it did. */
function endOf(unit: UnitState): string | undefined {
  if (unit.active === 'failed')
    return unit.result === 'oom-kill' ? 'it used more memory than `memory-max`' : 'it failed';
  if (unit.active === 'inactive' && unit.job === '') return 'it ended by itself';
  return undefined;
}

function wordsOf({ checks }: Asked, ports: readonly number[]): string {
  const where = ports.length === 0 ? 'stayed up' : `listens on ${ports.join(', ')}`;
  const passes = checks.length === 1 ? 'its check passes' : `its ${checks.length} checks pass`;
  return checks.length === 0 ? where : `${where}, ${passes}`;
}
