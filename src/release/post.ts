import type { ActionName } from '../core/action-names.ts';
import { startAction } from './start.ts';

/** A link that was begun, and what its main step saved for its post step. */
export interface Begun {
  readonly name: ActionName;
  readonly state: Readonly<Record<string, string>>;
}

interface Around {
  readonly dist: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly onOutput?: (chunk: string) => void;
}

/** The post steps of the links, the last link's first, each with the state that its main step saved. */
export async function postSteps(begun: readonly Begun[], around: Around): Promise<void> {
  for (const { name, state } of begun.toReversed()) {
    around.signal.throwIfAborted();
    if (Object.keys(state).length > 0) await startAction(name, { ...around, inputs: {}, post: state });
  }
}
