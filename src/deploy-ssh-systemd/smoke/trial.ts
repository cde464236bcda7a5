import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { diagnose } from '../diagnosis.ts';
import { renderEnvironment } from '../environment-file.ts';
import type { HostSession } from '../host-session.ts';
import { quoteArgument } from '../quote.ts';
import { redact } from '../redact.ts';
import type { Settings } from '../settings.ts';
import { readUnitState, type UnitState } from '../unit-state.ts';
import { describeExit, hasExited, readEnd } from '../unit-verdict.ts';
import type { Smoke } from './values.ts';

/** What the host says of a program that is tried. */
export interface Look {
  readonly unit: UnitState;
  /** Where anybody listens in its network. */
  readonly listening: readonly number[];
  /** `PORT WHO` of those that somebody else has on the host. */
  readonly taken: readonly string[];
}

/** How it is run. */
export interface Run {
  readonly kind: 'check' | 'start';
  /** Undefined: as the unit has them. */
  readonly args: readonly string[] | undefined;
  /** Ports that are asked in a network of its own. */
  readonly ports: readonly number[];
  /** Milliseconds after which the host ends it. */
  readonly timeout: number;
}

/** Lines of its output that are read, as a trace may be long; and that are shown. */
const [read, shown] = [300, 40];

/** A release's program, run in the sandbox of its unit beside what serves. Whatever happens, the host removes it. */
export class Trial implements AsyncDisposable {
  readonly #session: HostSession;
  readonly #settings: Settings;
  readonly #signal: AbortSignal;
  #ended = false;

  constructor(session: HostSession, settings: Settings, signal: AbortSignal) {
    this.#session = session;
    this.#settings = settings;
    this.#signal = signal;
  }

  /** @throws SMOKE_REFUSED */
  async begin(id: string, { kind, args, ports, timeout }: Run, { state, port, environment }: Smoke): Promise<void> {
    const data = Buffer.from(renderEnvironment(environment));
    const network = kind === 'start' && port === undefined ? 'private' : 'host';
    const words = args === undefined ? '-' : args.map(quoteArgument).join(' ');
    const seconds = String(Math.ceil(timeout / 1000));
    await this.#session.ask('smoke', [id, seconds, kind, state, network, ports.join(','), words, String(data.length)], {
      data,
      signal: this.#signal,
      timeout: 60_000,
    });
  }

  /**
   * Waits for a second at most.
   *
   * @param pid of the process that must stay; 0: it comes up, and listens on these ports
   */
  async look(wait: number, pid: number, ports: readonly number[]): Promise<Look> {
    const tenths = String(Math.floor(Math.max(0, Math.min(wait, 1000)) / 100));
    const answer = await this.#session.ask('smoke_look', [tenths, String(pid), ports.join(',')], {
      signal: this.#signal,
    });
    return {
      unit: readUnitState(answer.text('unit')),
      listening: answer.lines('listening').map(hex => Number.parseInt(hex, 16)),
      taken: answer.lines('taken'),
    };
  }

  /** The signal that a running process takes. */
  async signal(name: string): Promise<void> {
    await this.#session.ask('smoke_signal', [name], { signal: this.#signal });
  }

  /** Ends and removes it; its last lines, and how systemd says it ended. */
  async end(): Promise<{ readonly journal: string; readonly ended: string }> {
    const signal = this.#signal.aborted ? AbortSignal.timeout(30_000) : this.#signal;
    this.#ended = true;
    const answer = await this.#session.ask('smoke_end', [String(read)], { signal, timeout: 60_000 });
    return { journal: redact(answer.text('journal'), this.#settings), ended: answer.text('ended') };
  }

  /** Ends it, tells what it said, and makes an error of why it did not pass. */
  async failed(why: string, unit: UnitState | undefined): Promise<SlipwayError> {
    const { place } = this.#session;
    const { journal, ended } = await this.end();
    const exit = unit !== undefined && hasExited(unit) ? unit : readEnd(ended);
    const advice = diagnose({ exit, unit, journal: `${journal}\n${ended}`, audit: '', elsewhere: [] });
    const words = exit === undefined ? '' : describeExit(exit);
    const lines = journal.split('\n');
    if (journal !== '')
      await log.group(`${place}: the last lines of the release that was tried`, async () =>
        log.info(lines.slice(-shown).join('\n')),
      );
    const told = lines.find(line => /^(panic|fatal error|SIG[A-Z]+): /.test(line)) ?? lines.at(-1)!;
    return new SlipwayError(
      'SMOKE_FAILED',
      `${place}: the release did not pass before the switch: ${why}${words === '' || why.includes(words) ? '' : `: ${words}`}${told === '' ? '' : `; it said: ${told}`}`,
      { hint: ['Nothing was switched: what served serves.', ...advice].join(' ') },
    );
  }

  /** What cannot be ended now, the host ends by itself. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.end().catch(() => undefined);
  }
}
