import type { Given, Option } from './options.ts';
import type { Terminal } from './terminal.ts';

/** One call of a command: everything that it may use of the outside. */
export interface Call {
  readonly given: Given;
  readonly terminal: Terminal;
  /** Where relative paths begin; absolute. */
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Whether somebody can be asked. */
  readonly interactive: boolean;
  /** The one document of `--json`; does nothing without it. */
  readonly document: (data: unknown) => void;
}

export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  readonly options: readonly Option[];
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** @returns the exit code */
  readonly run: (call: Call) => Promise<number>;
}
