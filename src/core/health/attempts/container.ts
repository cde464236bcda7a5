import type { ContainerCheck } from '../check.ts';
import { ProbeFailure } from '../observation.ts';
import type { Ended } from '../reach.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { runOn } from './on-host.ts';

/** What podman or Docker says of the container. It must stay the same one, started once. */
export async function container(check: ContainerCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  trace.enter('firstByte');
  const runtimes = check.runtime === undefined ? (['podman', 'docker'] as const) : [check.runtime];
  let refused: unknown;
  let absent: string | undefined;
  for (const runtime of runtimes) {
    let done: Ended;
    try {
      done = await runOn(
        [runtime, 'container', 'inspect', '--format', '{{json .}}', check.container],
        check.on,
        options,
        true,
      );
    } catch (error) {
      if (!isMissing(error)) throw error;
      refused ??= error;
      continue;
    }
    if (done.code === 127) continue; // no such program, says the host's shell
    if (done.code === 0) {
      trace.leave('firstByte');
      return judgeContainer(check, [JSON.parse(done.stdout)].flat()[0] as Inspected, trace); // podman gives a list
    }
    absent ??= /no such (container|object)|no container with name/i.test(done.stderr)
      ? `${runtime} knows no container ${check.container}`
      : `${runtime} ended with ${done.code}: ${done.stderr.trim().split('\n')[0]}`;
  }
  trace.leave('firstByte');
  if (absent !== undefined) throw new ProbeFailure('container', absent);
  throw refused ?? new ProbeFailure('no-access', `neither ${runtimes.join(' nor ')} is there`, { retriable: false });
}

function isMissing(error: unknown): boolean {
  return error instanceof ProbeFailure && (error.cause as { code?: string } | undefined)?.code === 'PROGRAM_MISSING';
}

/** What both runtimes say, by the names that they use. */
export interface Inspected {
  readonly Id: string;
  /** Docker: digest of the configuration, with `sha256:`. podman: the same without. */
  readonly Image: string;
  /** podman only. */
  readonly ImageDigest?: string;
  readonly RestartCount?: number;
  readonly State: {
    readonly Status: string;
    readonly StartedAt?: string;
    readonly ExitCode?: number;
    readonly OOMKilled?: boolean;
    readonly Health?: { readonly Status?: string };
    readonly Healthcheck?: { readonly Status?: string };
  };
}

/** @throws ProbeFailure for the first thing that is not as the check wants it */
export function judgeContainer(check: ContainerCheck, seen: Inspected, trace: Pick<Trace, 'anchor'>): string {
  const { State: state, RestartCount: restarts = 0 } = seen;
  const wrong = (detail: string, retriable = true) => new ProbeFailure('container', detail, { retriable });
  const name = `the container ${check.container}`;
  if (state.Status !== check.state) {
    const ended = /exited|stopped|dead/.test(state.Status);
    const how = ended ? ` with code ${state.ExitCode}${state.OOMKilled ? ', out of memory' : ''}` : '';
    throw wrong(`${name} is ${state.Status}${how}; wanted: ${check.state}`);
  }
  const health = state.Health?.Status ?? state.Healthcheck?.Status ?? '';
  if (check.state === 'running' && health !== '' && health !== 'none' && health !== 'healthy') {
    throw wrong(`${name} runs, and its own health check says ${health}`);
  }
  if (check.restarts !== undefined && restarts > check.restarts) {
    throw wrong(`${name} was restarted ${restarts} times; wanted: at most ${check.restarts}`, false);
  }
  const digests = [seen.Image, seen.ImageDigest].flatMap(one => (one ? [one.replace(/^sha256:/, '')] : []));
  const wanted = check.image?.replace(/^.*sha256:/, '');
  if (wanted !== undefined && !digests.includes(wanted)) {
    throw wrong(
      `${name} runs ${digests.map(one => one.slice(0, 12)).join(' or ')}; wanted: ${wanted.slice(0, 12)}`,
      false,
    );
  }
  trace.anchor = `${seen.Id} started ${state.StartedAt ?? ''}`;
  return `${name} is ${state.Status}${health === '' ? '' : `, ${health}`}, restarted ${restarts} times`;
}
