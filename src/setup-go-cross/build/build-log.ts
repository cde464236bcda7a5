import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Finished } from '../../core/process.ts';
import { formatDuration } from '../../core/units.ts';
import { printGroup } from '../groups.ts';
import { annotate, problemsIn } from '../problems.ts';
import { progressLine } from '../progress.ts';

export interface BuildLogSettings {
  /** How many programs there are to build. */
  readonly total: number;
  /** Where go is run: its paths are relative to it. */
  readonly directory: string;
  /** Whether compile errors are shown as annotations. */
  readonly annotations: boolean;
}

/**
 * The log of builds that run side by side: each becomes one group, written when it is over, so that no two mix; in
 * between a line every 15 seconds says what is still being built.
 */
export class BuildLog implements Disposable {
  readonly #settings: BuildLogSettings;
  readonly #running = new Set<Transcript>();
  readonly #progress: Disposable;
  #done = 0;
  readonly #shown = new Set<string>();

  constructor(settings: BuildLogSettings) {
    this.#settings = settings;
    log.info(`building ${settings.total} ${settings.total === 1 ? 'program' : 'programs'}`);
    this.#progress = progressLine(elapsed => this.#state(elapsed));
  }

  begin(title: string, commandLine: string): Transcript {
    const transcript = new Transcript(title, commandLine);
    this.#running.add(transcript);
    return transcript;
  }

  /** @param result of the program, e.g. its size and hash: the first of them goes into the group's title */
  finished(transcript: Transcript, ...results: readonly string[]): void {
    this.#running.delete(transcript);
    this.#done++;
    const [first = '', ...rest] = results;
    printGroup(`${transcript.title}: ${first} (${this.#done} of ${this.#settings.total})`, [
      ...transcript.text,
      ...rest,
    ]);
  }

  /** A build that was ended because another failed is not shown, and the same error of two targets is one annotation. */
  failed(transcript: Transcript, cancelled: boolean): void {
    this.#running.delete(transcript);
    if (cancelled) return;
    printGroup(`${transcript.title}: failed after ${transcript.elapsed}`, transcript.text);
    const problems = problemsIn(transcript.lines, this.#settings.directory, `go build ${transcript.title}`);
    const fresh = problems.filter(({ file, line, message }) => {
      const key = `${file}:${line}:${message}`;
      return !this.#shown.has(key) && this.#shown.add(key);
    });
    if (this.#settings.annotations) annotate(fresh);
  }

  #state(elapsed: string): string {
    if (this.#running.size === 0)
      return `${this.#done} of ${this.#settings.total} built; after ${elapsed} at what belongs to them`;
    const running = [...this.#running].map(
      ({ title, compiled }) => `${title} (${compiled} ${compiled === 1 ? 'package' : 'packages'} compiled)`,
    );
    const shown = [...running.slice(0, 4), ...(running.length > 4 ? [`and ${running.length - 4} more`] : [])];
    return `${this.#done} of ${this.#settings.total} built after ${elapsed}; now ${shown.join(', ')}`;
  }

  [Symbol.dispose](): void {
    this.#progress[Symbol.dispose]();
  }
}

/**
 * What one `go build -v` prints: the import path of every package that it compiles, one a line, which is only counted;
 * what came from the build cache is not among them. Everything else is kept.
 */
export class Transcript {
  readonly title: string;
  readonly lines: string[] = [];
  compiled = 0;
  readonly #commandLine: string;
  readonly #began = performance.now();

  constructor(title: string, commandLine: string) {
    this.title = title;
    this.#commandLine = commandLine;
  }

  readonly add = (line: string): void => {
    if (isPackage(line)) this.compiled++;
    else this.lines.push(line);
  };

  get text(): string[] {
    return [this.#commandLine, ...this.lines];
  }

  get elapsed(): string {
    return formatDuration(performance.now() - this.#began);
  }

  /** The error of the failed command, without the packages that were compiled: they would hide what failed. */
  cleaned(error: unknown): unknown {
    if (!(error instanceof SlipwayError) || error.code !== 'PROCESS_FAILED') return error;
    const { code } = error.cause as Finished;
    const how = code === -1 ? 'was ended by a signal' : `exited with code ${code}`;
    const said = this.lines.slice(-20).join('\n');
    return new SlipwayError('PROCESS_FAILED', `go build ${how}${said === '' ? '' : `: ${said}`}`, {
      cause: error.cause,
    });
  }
}

/** An import path alone: what go says otherwise has a space, a colon or a mark in front. */
function isPackage(line: string): boolean {
  return /^[^\s:#]+$/.test(line);
}
