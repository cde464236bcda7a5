import { stripVTControlCharacters } from 'node:util';
import { RunnerCommands, type Said } from './runner-commands.ts';

const codes = { bold: 1, red: 31, green: 32, yellow: 33, cyan: 36, dim: 2 } as const;
export type Style = keyof typeof codes;

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export interface Streams {
  /** For the one document of `--json`, and for what a command was asked to print. */
  readonly stdout: NodeJS.WritableStream;
  /** For everything that is said on the way. */
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
}

/** What people see: plain lines; on a terminal with colours, and with a line at the end that says what goes on. */
export class Terminal {
  readonly #streams: Streams;
  readonly #colours: boolean;
  readonly #verbose: boolean;
  readonly #commands = new RunnerCommands();
  #doing: { readonly text: string; readonly since: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #rest = '';

  /** @param env NO_COLOR (https://no-color.org) and TERM=dumb are respected */
  constructor(streams: Streams, env: NodeJS.ProcessEnv, verbose = false) {
    this.#streams = streams;
    this.#colours = streams.stderr.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
    this.#verbose = verbose;
  }

  style(text: string, style: Style): string {
    return this.#colours ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;
  }

  /** A line on standard error. */
  say(text = ''): void {
    this.#clear();
    this.#streams.stderr.write(`${this.#commands.mask(text)}\n`);
    this.#draw();
  }

  /** What the command was asked for, on standard output. */
  print(text: string): void {
    this.#clear();
    this.#streams.stdout.write(`${this.#commands.mask(text)}\n`);
  }

  /** What actions, or the parts that we share with them, print for a runner. Parts of lines wait for their end. */
  fromAction(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#show(this.#commands.read(line.replace(/\r$/, '')));
  }

  /** What goes on until the next call: a moving line at the end of a terminal's output. */
  doing(text: string | undefined): void {
    clearInterval(this.#timer);
    this.#clear();
    this.#doing = text === undefined ? undefined : { text, since: Date.now() };
    if (text === undefined || !this.#colours) return;
    this.#draw();
    this.#timer = setInterval(() => {
      this.#clear();
      this.#draw();
    }, 120);
    this.#timer.unref();
  }

  #show(said: Said): void {
    if (said === undefined || (said.kind === 'debug' && !this.#verbose)) return;
    const { kind, text } = said;
    if (kind === 'heading') this.say(this.style(text, 'bold'));
    else if (kind === 'error') this.say(this.style(`error: ${text}`, 'red'));
    else if (kind === 'warning') this.say(this.style(`warning: ${text}`, 'yellow'));
    else if (kind === 'notice') this.say(this.style(text, 'cyan'));
    else if (kind === 'debug') this.say(this.style(text, 'dim'));
    else this.say(text.startsWith('── ') ? this.style(text, 'bold') : text);
  }

  #draw(): void {
    if (this.#doing === undefined || !this.#colours) return;
    const { text, since } = this.#doing;
    const seconds = Math.floor((Date.now() - since) / 1000);
    const frame = frames[Math.floor(Date.now() / 120) % frames.length]!;
    const line = `${frame} ${text} ${seconds} s`;
    const room = (this.#streams.stderr.columns ?? 80) - 1;
    this.#streams.stderr.write(this.style(stripVTControlCharacters(line).slice(0, room), 'cyan'));
  }

  #clear(): void {
    if (this.#doing !== undefined && this.#colours) this.#streams.stderr.write('\r\u001b[K');
  }
}
