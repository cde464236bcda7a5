import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';

/**
 * Reads what the first writer writes to a FIFO. Another one takes its place as soon as it is open: a second writer waits
 * for the next reader, instead of losing what it writes while this one closes.
 */
const readOnce =
  'my $path = shift; open(my $pipe, "<", $path) or die; rename("$path.next", $path) or die; local $/; print <$pipe>';

/** Stands in for the journal of a host's agent by a FIFO: the agent stops at each step until it is read. */
export class StepByStep {
  readonly #path: string;
  #reader: number | undefined;

  /** @param path of state/steps, as this machine sees it */
  constructor(path: string) {
    this.#path = path;
    rmSync(path, { force: true });
    execFileSync('mkfifo', [path]);
  }

  /** Lets the agent go on until it has taken the step: it will stop before the next one. */
  async until(step: string): Promise<void> {
    const seen: string[] = [];
    while (!seen.includes(step)) {
      const text = await this.#read();
      if (text === '') throw new Error(`the step "${step}" did not come after ${seen.join(', ') || 'none'}`);
      seen.push(...text.trim().split('\n'));
    }
  }

  /** Stops at nothing any more. */
  goOn(): void {
    // a reader that never reads: what waits for one goes on, and so little fits into the pipe
    this.#reader ??= openSync(this.#path, constants.O_RDWR);
  }

  /** Takes the FIFO away. What waits at it waits for ever, unless it was let go on before. */
  end(): void {
    rmSync(this.#path, { force: true });
    rmSync(`${this.#path}.next`, { force: true });
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) setTimeout(() => closeSync(reader), 1000);
  }

  /** What the next writer writes; empty when none comes in time. */
  #read(): Promise<string> {
    rmSync(`${this.#path}.next`, { force: true });
    execFileSync('mkfifo', [`${this.#path}.next`]);
    const child = spawn('timeout', ['20', 'perl', '-e', readOnce, this.#path], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', chunk => (text += chunk));
    return new Promise(resolve => child.once('close', () => resolve(text)));
  }
}
