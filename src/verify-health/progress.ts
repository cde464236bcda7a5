import type { Attempt, Check } from '../core/health/index.ts';
import { formatDuration } from '../core/units.ts';
import type { Look, Subject } from './identity/subject.ts';

const every = 5000;
/** So many can be read one by one; of more, those that were healthy from the first attempt on are only counted. */
const readable = 50;

interface State {
  healthy: boolean;
  text: string;
  attempts: number;
}

/** The log while it is waited: a line when a check or a place changes, and one every five seconds. Many that are healthy at once have none. */
export class Progress implements Disposable {
  readonly #states = new Map<string, State>();
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #write: (line: string) => void;

  constructor(checks: readonly Check[], subjects: readonly Subject[], deadline: number, write: (line: string) => void) {
    this.#write = write;
    for (const { name } of [...checks, ...subjects])
      this.#states.set(name, { healthy: false, text: 'not tried yet', attempts: 0 });
    this.#timer = setInterval(() => this.#line(deadline), every);
    this.#timer.unref();
  }

  attempt({ check, observation }: Attempt): void {
    this.#seen(check.name, observation.ok, observation.detail, observation.reason ?? 'ok');
  }

  look(subject: Subject, look: Look): void {
    this.#seen(subject.name, look.state === 'as-built', look.detail, look.reason ?? 'ok');
  }

  #last = new Map<string, string>();

  #seen(name: string, healthy: boolean, text: string, kind: string): void {
    const attempts = (this.#states.get(name)?.attempts ?? 0) + 1;
    this.#states.set(name, { healthy, text, attempts });
    const before = this.#last.get(name);
    if (before === kind) return;
    this.#last.set(name, kind);
    if (healthy && before === undefined && this.#states.size > readable) return;
    this.#write(`${this.#time()} ${healthy ? '✓' : '✗'} ${name}: ${text}`);
  }

  #line(deadline: number): void {
    const states = [...this.#states];
    const open = states.filter(([, state]) => !state.healthy);
    const shown = open.slice(0, 3).map(([name, state]) => `${name}: ${state.text} (${state.attempts} attempts)`);
    const more = open.length > 3 ? `; and ${open.length - 3} more` : '';
    const waiting = open.length === 0 ? '' : `; waiting for ${shown.join('; ')}${more}`;
    this.#write(
      `${this.#time()} of ${formatDuration(deadline)}: ${states.length - open.length} of ${states.length} healthy${waiting}`,
    );
  }

  #time(): string {
    return formatDuration(performance.now() - this.#began).padStart(6);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
