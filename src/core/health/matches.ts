import { type Context, createContext, Script } from 'node:vm';
import { ProbeFailure } from './observation.ts';

/** Milliseconds that one pattern may take. */
const limit = 100;
let machine: { readonly context: Context; readonly script: Script } | undefined;

/** Whether a text matches, in bounded time: a pattern that backtracks for ever on what a server sends hangs no gate. */
export function matches(pattern: RegExp, text: string): boolean {
  machine ??= { context: createContext(Object.create(null)), script: new Script('pattern.test(text)') };
  Object.assign(machine.context, { pattern, text });
  try {
    return machine.script.runInContext(machine.context, { timeout: limit }) as boolean;
  } catch (error) {
    throw new ProbeFailure('body', `${pattern} takes longer than ${limit} ms on what was answered`, {
      retriable: false,
      cause: error,
    });
  }
}
